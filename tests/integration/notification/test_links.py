"""Mails carry the client's own links: to confirm, to move, to cancel, each for that alone."""

import re
import uuid
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from services.notification.settings import Settings
from services.notification.timer import Dispatcher
from shared import links
from shared.links import LinkExpired
from shared.settings import SettingMissing
from tests import people
from tests.integration.notification import happenings as given
from tests.integration.notification.happenings import MONDAY_10, WEEK_BEFORE, Visit, hear

PUBLIC = "https://clinic.example"
LINK = re.compile(r"https://clinic\.example/visit/([\w.-]+)")


@pytest.fixture
def linking(pool, mailbox):
    pool("notification")
    made = Dispatcher(Settings(mailbox.url, "clinic@needlepoint.example", 2, PUBLIC))
    yield made
    made.close()


def parts(letter):
    return [letter.get_body((kind,)).get_content() for kind in ("plain", "html")]


def links_of(letter):
    """Return what the letter's links say; its text and its HTML say the same."""
    text, html = (
        [links.read(each, WEEK_BEFORE) for each in LINK.findall(p)] for p in parts(letter)
    )
    assert text == html
    return text


def test_a_confirmation_carries_a_link_for_each_thing(linking, mailbox, at):
    visit = Visit()
    at(WEEK_BEFORE)
    hear(given.clinic(), given.client(visit.client_id), visit.booked())
    linking.turn()
    [letter] = mailbox.letters
    found = links_of(letter)
    assert [link.purpose for link in found] == ["confirm", "move", "cancel", "earlier"]
    assert {(link.subject, link.clinic_id, link.issue, link.expires_at) for link in found} == {
        (visit.id, visit.where.id, 0, MONDAY_10)
    }
    assert "Please call +442070000000 if you have a question." in parts(letter)[0]


def test_a_link_holds_nothing_personal(linking, mailbox, at):
    visit = Visit()
    at(WEEK_BEFORE)
    hear(given.clinic(), given.client(visit.client_id), visit.booked())
    linking.turn()
    for address in LINK.finditer(parts(mailbox.letters[0])[0]):
        assert urlsplit(address.group()).query == ""
        assert visit.client_id.hex not in address.group()
        assert "maria" not in address.group().lower()


def test_after_a_move_the_links_are_for_the_new_time(linking, mailbox, at):
    visit = Visit()
    at(WEEK_BEFORE)
    hear(given.clinic(), given.client(visit.client_id), visit.booked())
    linking.turn()
    hear(visit.moved(MONDAY_10 + timedelta(days=1)))
    linking.turn()
    ends = [{link.expires_at for link in links_of(letter)} for letter in mailbox.letters]
    assert ends == [{MONDAY_10}, {MONDAY_10 + timedelta(days=1)}]


def test_who_has_confirmed_is_not_asked_again(linking, mailbox, at):
    visit = Visit()
    at(WEEK_BEFORE)
    hear(given.clinic(), given.client(visit.client_id), visit.booked())
    linking.turn()
    hear(visit.confirmed())
    at(MONDAY_10 - timedelta(hours=24))
    linking.turn()
    reminder = mailbox.letters[-1]
    assert reminder["Subject"].startswith("Reminder")
    assert [link.purpose for link in links_of(reminder)] == ["move", "cancel"]


def test_after_the_clinic_withdrew_its_links_the_reminder_carries_new_ones(linking, mailbox, at):
    visit = Visit()
    at(WEEK_BEFORE)
    hear(given.clinic(), given.client(visit.client_id), visit.booked())
    linking.turn()
    assert hear(visit.changed(link_issue=1)) == ["applied"]
    linking.turn()
    assert len(mailbox.letters) == 1, "withdrawing a link writes to nobody"
    at(MONDAY_10 - timedelta(hours=24))
    linking.turn()
    assert [link.issue for link in links_of(mailbox.letters[-1])] == [1, 1, 1]


def test_a_cancellation_carries_no_link(linking, mailbox, at):
    visit = Visit()
    at(WEEK_BEFORE)
    hear(given.clinic(), given.client(visit.client_id), visit.booked())
    linking.turn()
    hear(visit.cancelled())
    linking.turn()
    assert [LINK.findall(part) for part in parts(mailbox.letters[-1])] == [[], []]


def test_without_a_public_address_the_letter_says_to_call(dispatcher, mailbox, at):
    visit = Visit()
    at(WEEK_BEFORE)
    hear(given.clinic(), given.client(visit.client_id), visit.booked())
    dispatcher.turn()
    for part in parts(mailbox.letters[0]):
        assert "/visit/" not in part
        assert "if you have a question or cannot come." in part


def test_the_link_ends_with_the_start_of_the_visit(linking, mailbox, at):
    visit = Visit()
    at(WEEK_BEFORE)
    hear(given.clinic(), given.client(visit.client_id), visit.booked())
    linking.turn()
    token = LINK.findall(parts(mailbox.letters[0])[0])[0]
    with pytest.raises(LinkExpired):
        links.read(token, MONDAY_10)


def test_a_public_address_without_a_key_stops_the_start(monkeypatch):
    for name, value in {"SMTP_URL": "smtp://x:25", "MAIL_FROM": "a@b.c"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LINKS_KEY", raising=False)
    monkeypatch.delenv("PUBLIC_URL", raising=False)
    assert Settings.from_env().public_url is None
    monkeypatch.setenv("PUBLIC_URL", f"{PUBLIC}/")
    with pytest.raises(SettingMissing, match="LINKS_KEY"):
        Settings.from_env()
    monkeypatch.setenv("LINKS_KEY", "k" * 32)
    assert Settings.from_env().public_url == PUBLIC


def test_an_offer_carries_one_link_that_ends_with_the_offer(linking, mailbox, at):
    client_id, offer_id = uuid.uuid4(), uuid.uuid4()
    ends = WEEK_BEFORE + timedelta(minutes=30)
    data = {
        "offer_id": offer_id,
        "clinic_id": people.SOHO.id,
        "client_id": client_id,
        "treatment_id": uuid.uuid4(),
        "starts_at": MONDAY_10,
        "expires_at": ends,
        "time_zone": "Europe/London",
    }
    at(WEEK_BEFORE)
    offered = given.event("booking.place_offered.v1", offer_id, people.SOHO.id, data)
    hear(given.clinic(), given.client(client_id), offered)
    linking.turn()
    [link] = links_of(mailbox.letters[0])
    assert (link.purpose, link.subject, link.expires_at) == ("offer", offer_id, ends)
    assert "please call" not in parts(mailbox.letters[0])[0]


def test_each_session_of_a_course_is_moved_and_cancelled_by_a_link_of_its_own(linking, mailbox, at):
    at(WEEK_BEFORE)
    client_id, course_id = uuid.uuid4(), uuid.uuid4()
    visits = [Visit(MONDAY_10 + timedelta(days=28 * n), client_id=client_id) for n in range(3)]
    hear(given.clinic(), given.client(client_id))
    for number, each in enumerate(visits, start=1):
        facts = {"course_id": course_id, "course_number": number, "course_sessions": len(visits)}
        hear(each.booked(**facts))
    linking.turn()
    [letter] = mailbox.letters
    found = links_of(letter)
    own = "move", "cancel", "earlier"
    assert [link.purpose for link in found] == ["confirm", *own * 3]
    assert [link.subject for link in found if link.purpose == "cancel"] == [v.id for v in visits]
    assert all(
        link.expires_at == next(v.starts_at for v in visits if v.id == link.subject)
        for link in found
    )
