"""Messages and templates over HTTP, for those whose clinic it is."""

import uuid

import pytest

from shared import clock
from tests import people
from tests.integration.notification import happenings as given
from tests.integration.notification.happenings import WEEK_BEFORE, Visit, hear


@pytest.fixture
def notification(api, stage, monkeypatch):
    stage.enter("notification")
    monkeypatch.setattr(clock, "now", lambda: WEEK_BEFORE)
    return api("notification")


@pytest.fixture
def visit(notification, dispatcher, mailbox):
    visit = Visit()
    hear(given.clinic(), given.client(visit.client_id), visit.booked())
    dispatcher.turn()
    return visit


def messages(notification, person, query=""):
    answer = notification.as_(person).get(f"/v1/messages{query}")
    assert answer.status_code == 200, answer.json
    return answer.json["items"]


def test_the_desk_sees_what_is_planned_and_what_was_sent(notification, visit):
    found = messages(notification, people.BOB, f"?client_id={visit.client_id}")

    assert [(each["kind"], each["state"]) for each in found] == [
        ("reminder_24h", "planned"),
        ("confirmation", "sent"),
    ]
    assert found[1]["template"].startswith("en/confirmation@")
    assert "example.org" not in str(found)


def test_messages_come_in_pages_and_by_state(notification, visit):
    first = notification.as_(people.BOB).get("/v1/messages?limit=1").json
    second = notification.as_(people.BOB).get(f"/v1/messages?limit=1&cursor={first['next']}").json

    assert [page["items"][0]["kind"] for page in (first, second)] == [
        "reminder_24h",
        "confirmation",
    ]
    assert [each["kind"] for each in messages(notification, people.BOB, "?state=sent")] == [
        "confirmation"
    ]


def test_charlie_sees_nothing_of_soho(notification, visit):
    [reminder, _] = messages(notification, people.BOB)

    assert messages(notification, people.CHARLIE) == []
    charlie = notification.as_(people.CHARLIE)
    assert charlie.get(f"/v1/messages?clinic_id={people.SOHO.id}").status_code == 404
    assert charlie.get(f"/v1/messages/{reminder['id']}").status_code == 404
    assert charlie.post(f"/v1/messages/{reminder['id']}/resend").status_code == 404


def test_headquarters_reads_no_messages(notification, visit):
    assert notification.as_(people.HANNA).get("/v1/messages").status_code == 403


def test_a_message_is_sent_again_with_what_is_true_now(notification, visit, dispatcher, mailbox):
    [_, sent] = messages(notification, people.BOB)
    answer = notification.as_(people.BOB).post(f"/v1/messages/{sent['id']}/resend")
    assert answer.status_code == 201, answer.json
    assert (answer.json["issue"], answer.json["resend_of"]) == (1, sent["id"])
    dispatcher.turn()

    first, again = (letter["Message-ID"] for letter in mailbox.letters)
    assert first != again
    assert messages(notification, people.BOB)[1]["state"] == "sent"


def test_the_same_click_twice_sends_once(notification, visit, dispatcher, mailbox):
    [_, sent] = messages(notification, people.BOB)
    bob = notification.as_(people.BOB).with_headers({"Idempotency-Key": str(uuid.uuid4())})
    answers = [bob.post(f"/v1/messages/{sent['id']}/resend") for _ in range(2)]
    dispatcher.turn()

    assert answers[0].json == answers[1].json
    assert len(mailbox.taken) == 2


def test_a_message_on_its_way_is_not_sent_again(notification, visit):
    [planned, _] = messages(notification, people.BOB)
    answer = notification.as_(people.BOB).post(f"/v1/messages/{planned['id']}/resend")

    assert answer.status_code == 409
    assert answer.json["type"].endswith("/message-under-way")


def test_a_confirmation_of_a_cancelled_appointment_is_not_sent_again(notification, visit):
    sent = next(
        each for each in messages(notification, people.BOB) if each["kind"] == "confirmation"
    )
    hear(visit.cancelled())
    answer = notification.as_(people.BOB).post(f"/v1/messages/{sent['id']}/resend")

    assert answer.status_code == 409
    assert answer.json["type"].endswith("/message-outdated")


def test_nothing_is_sent_again_without_an_address(notification, visit):
    [_, sent] = messages(notification, people.BOB)
    hear(given.client(visit.client_id, version=2, email=None))
    answer = notification.as_(people.BOB).post(f"/v1/messages/{sent['id']}/resend")

    assert (answer.status_code, answer.json["reason"]) == (409, "no_address")


def test_an_unknown_message_is_not_found(notification):
    assert notification.as_(people.BOB).get(f"/v1/messages/{uuid.uuid4()}").status_code == 404


def test_every_template_can_be_looked_at(notification):
    bob = notification.as_(people.BOB)
    listed = bob.get("/v1/templates").json["items"]
    assert {each["kind"] for each in listed} >= {"confirmation", "reminder_24h", "aftercare_day_1"}

    for each in listed:
        shown = bob.get(f"/v1/templates/{each['kind']}/preview?locale={each['locale']}").json
        assert shown["version"] == each["version"]
        assert "Maria" in shown["text"]
        assert "<html" in shown["html"]


@pytest.mark.parametrize("path", ["confirmation/preview?locale=tlh", "nothing/preview"])
def test_a_template_that_does_not_exist_is_not_found(notification, path):
    answer = notification.as_(people.BOB).get(f"/v1/templates/{path}")

    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (404, "template-unknown")
