"""A place on the waiting list is offered by mail, for as long as it is kept."""

from datetime import timedelta

import pytest

from tests import people
from tests.integration.notification import happenings as given
from tests.integration.notification.happenings import PRIYA, WEEK_BEFORE, Visit, hear

HALF_AN_HOUR = timedelta(minutes=30)


class Offered(Visit):
    """A place that is kept for a client until they answer; version 1 is the hold."""

    def __init__(self, **facts):
        super().__init__(**facts)
        self.version = 1

    def offered(self, expires_at=WEEK_BEFORE + HALF_AN_HOUR, **changes):
        data = {
            "offer_id": self.id,
            "clinic_id": self.where.id,
            "client_id": self.client_id,
            "treatment_id": PRIYA.id,
            "starts_at": self.starts_at,
            "expires_at": expires_at,
            "ends_at": self.starts_at + timedelta(hours=1),
            "time_zone": self.where.time_zone,
            "practitioner_id": PRIYA.id,
            "practitioner_name": "Priya",
        } | changes
        told = {name: value for name, value in data.items() if value is not None}
        when = WEEK_BEFORE.isoformat()
        return given.event(
            "booking.place_offered.v1", self.id, self.where.id, told, time=when, sequence=1
        )


@pytest.fixture
def place(at):
    at(WEEK_BEFORE)
    kept = Offered(where=people.LISBON)
    hear(given.clinic(people.LISBON), given.client(kept.client_id))
    return kept


@pytest.fixture
def dispatched(dispatcher, place):
    """Return a turn of the dispatcher, made after the pool is open."""
    return dispatcher.turn


@pytest.fixture(autouse=True)
def database_is_open(pool):
    pool("notification")


def text_of(letter):
    return " ".join(letter.get_body(("plain",)).get_content().split())


def test_a_place_is_offered_at_once_with_when_it_ends_and_how_to_take_it(
    dispatched, mailbox, place, rows
):
    assert hear(place.offered()) == ["applied"]
    dispatched()
    [letter] = mailbox.letters
    assert letter["Subject"] == "A place for you at Needlepoint Lisbon"
    text = text_of(letter)
    assert "Monday 7 January 2030 10:00 (Lisbon time, UTC+00:00) with Priya" in text
    assert "by 10:30 (Lisbon time, UTC+00:00) on Monday 31 December 2029" in text
    assert "please call +442070000000" in text
    assert [part.get_content_type() for part in letter.walk()].count("text/calendar") == 0
    [row] = rows(place)
    assert (row["state"], row["useful_until"]) == ("sent", WEEK_BEFORE + HALF_AN_HOUR)


def test_an_offer_of_a_publisher_that_says_less_is_sent_too(dispatched, mailbox, place):
    silent = dict.fromkeys(("ends_at", "time_zone", "practitioner_id", "practitioner_name"))
    hear(place.offered(**silent))
    dispatched()
    [letter] = mailbox.letters
    assert "10:00 (Lisbon time, UTC+00:00)" in text_of(letter)
    assert "with" not in text_of(letter)


def test_the_same_offer_is_told_once(dispatched, mailbox, place):
    hear(place.offered(), place.offered())
    dispatched()
    assert len(mailbox.letters) == 1


def test_an_offer_that_is_over_is_not_told_any_more(dispatched, mailbox, place, at, rows):
    hear(place.offered())
    at(WEEK_BEFORE + HALF_AN_HOUR)
    dispatched()
    assert mailbox.letters == []
    assert [(row["state"], row["reason"]) for row in rows(place)] == [("dropped", "too_late")]


def test_who_takes_the_place_is_confirmed_and_reminded(dispatched, mailbox, place, rows):
    hear(place.offered())
    dispatched()
    hear(place.booked())
    dispatched()
    assert [letter["Subject"] for letter in mailbox.letters] == [
        "A place for you at Needlepoint Lisbon",
        "Your appointment at Needlepoint Lisbon",
    ]
    kinds = {row["kind"]: row["state"] for row in rows(place)}
    assert kinds == {"place_offered": "sent", "confirmation": "sent", "reminder_24h": "planned"}


def test_a_place_that_is_taken_before_the_mail_went_is_not_offered_any_more(
    dispatched, mailbox, place
):
    hear(place.offered(), place.booked())
    dispatched()
    assert [letter["Subject"] for letter in mailbox.letters] == [
        "Your appointment at Needlepoint Lisbon"
    ]


def test_a_repeated_offer_ends_when_the_first_one_ends(dispatched, mailbox, place, rows, at, api):
    hear(place.offered())
    dispatched()
    [sent] = rows(place)
    desk = api("notification").as_(people.CHARLIE)
    at(WEEK_BEFORE + timedelta(minutes=10))
    again = desk.post(f"/v1/messages/{sent['id']}/resend")
    assert again.status_code == 201, again.json
    dispatched()
    assert "by 10:30 (Lisbon time" in text_of(mailbox.letters[-1])
    at(WEEK_BEFORE + HALF_AN_HOUR)
    late = desk.post(f"/v1/messages/{sent['id']}/resend")
    assert (late.status_code, late.json["type"].rsplit("/", 1)[-1]) == (409, "message-outdated")
