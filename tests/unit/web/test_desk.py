"""The day at the desk."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.booking.domain.disruptions import KINDS
from services.web.domain import desk
from services.web.domain.desk import Names

LONDON = ZoneInfo("Europe/London")
TEN = datetime(2030, 1, 7, 10, tzinfo=UTC)
NAMES = Names(clients={"c1": "Ada Lovelace"}, devices={"d1": "Pen 1"})


def appointment(**changes):
    return {
        "id": "a1",
        "version": 1,
        "client_id": "c1",
        "treatment_name": "Scars",
        "practitioner_name": "Priya",
        "room_name": "Room 1",
        "device_id": "d1",
        "starts_at": "2030-01-07T10:00:00Z",
        "ends_at": "2030-01-07T11:00:00Z",
        "status": "booked",
        "screening": "clear",
    } | changes


def test_a_row_is_told_in_the_clinics_time():
    row = desk.board([appointment()], NAMES, ZoneInfo("Asia/Tokyo"), TEN)[0]
    assert (row.begins.hour, row.ends.hour) == (19, 20)
    assert (row.client, row.device) == ("Ada Lovelace", "Pen 1")


def test_what_is_not_known_is_not_invented():
    row = desk.board([appointment(client_id="x", device_id="x", status="?")], NAMES, LONDON, TEN)[0]
    assert row.client is None
    assert row.device is None
    assert row.status.word == "Unknown"


def test_a_treatment_by_hand_needs_no_device():
    assert desk.board([appointment(device_id=None)], NAMES, LONDON, TEN)[0].device == "none"


def test_rows_are_by_time_and_what_was_cancelled_comes_last():
    rows = [
        appointment(id="late", starts_at="2030-01-07T12:00:00Z"),
        appointment(id="off", status="cancelled", starts_at="2030-01-07T08:00:00Z"),
        appointment(id="early"),
    ]
    assert [row.id for row in desk.board(rows, NAMES, LONDON, TEN)] == ["early", "late", "off"]


def test_the_desk_offers_what_the_state_allows():
    assert desk.verbs("booked", TEN, TEN) == ("confirm", "arrive", "cancel")
    assert desk.verbs("confirmed", TEN, TEN) == ("arrive", "cancel")
    for state in ("held", "arrived", "in_treatment", "completed", "cancelled", "missed", "lapsed"):
        assert desk.verbs(state, TEN, TEN) == ()


def test_only_who_should_be_here_by_now_can_have_missed_it():
    assert "miss" not in desk.verbs("confirmed", TEN, TEN)
    after = TEN + timedelta(seconds=1)
    assert desk.verbs("booked", TEN, after) == ("arrive", "miss", "cancel")
    assert "miss" in desk.verbs("confirmed", TEN, after)


GRACE = timedelta(minutes=10)


@pytest.mark.parametrize(
    ("after", "offered"),
    [(timedelta(seconds=1), False), (timedelta(minutes=9, seconds=59), False), (GRACE, True)],
)
def test_nobody_is_offered_as_missing_before_the_clinics_grace_is_over(after, offered):
    rows = desk.board([appointment()], NAMES, LONDON, TEN + after, GRACE)
    assert ("miss" in rows[0].verbs) is offered
    assert desk.next_due(rows, TEN + after, GRACE) == (None if offered else TEN + GRACE)


def test_who_has_not_come_by_their_time_is_late():
    def late(**changes):
        return desk.board([appointment(**changes)], NAMES, LONDON, TEN)[0].is_late

    assert late(starts_at="2030-01-07T09:59:00Z")
    assert late(starts_at="2030-01-07T09:59:00Z", status="confirmed")
    assert not late()
    assert not late(starts_at="2030-01-07T09:59:00Z", status="arrived")
    assert not late(starts_at="2030-01-07T09:59:00Z", status="missed")


def test_the_list_is_looked_at_again_when_the_next_client_should_be_here():
    rows = [
        appointment(id="1", starts_at="2030-01-07T09:00:00Z"),
        appointment(id="2", starts_at="2030-01-07T10:15:00Z", status="arrived"),
        appointment(id="3", starts_at="2030-01-07T11:00:00Z"),
        appointment(id="4", starts_at="2030-01-07T12:00:00Z"),
    ]
    listed = desk.board(rows, NAMES, LONDON, TEN)
    assert desk.next_due(listed, TEN) == TEN + timedelta(hours=1)
    assert desk.next_due(listed, TEN + timedelta(hours=2)) is None


def test_nobody_arrives_before_the_day_at_the_clinic():
    midnight = datetime(2030, 1, 8, tzinfo=ZoneInfo("Asia/Tokyo"))  # 15:00 UTC of the 7th
    assert desk.verbs("booked", midnight, midnight - timedelta(seconds=1)) == ("confirm", "cancel")
    assert "arrive" in desk.verbs("booked", midnight + timedelta(hours=9), midnight)
    assert "arrive" in desk.verbs("confirmed", midnight - timedelta(hours=2), midnight)


def test_nobody_arrives_for_a_course_that_is_paused():
    row = desk.board([appointment(disrupted=["course_paused"])], NAMES, LONDON, TEN)[0]
    assert row.verbs == ("confirm", "cancel")


def test_the_day_counts_what_stands_where():
    rows = desk.board(
        [appointment(id="1"), appointment(id="2", status="missed")], NAMES, LONDON, TEN
    )
    assert [(look.word, count) for look, count in desk.tally(rows)] == [
        ("Booked", 1),
        ("Missed", 1),
    ]


def test_the_day_counts_who_is_late_and_what_cannot_take_place():
    rows = [appointment(id="1", disrupted=["room_closed", "device_unfit"]), appointment(id="2")]
    counted = desk.tally(desk.board(rows, NAMES, LONDON, TEN + timedelta(minutes=1)))
    assert [(look.word, count) for look, count in counted] == [
        ("Booked", 2),
        ("Late", 2),
        ("Cannot take place", 1),
    ]


def test_a_day_in_the_clinic_is_as_long_as_its_clock_makes_it():
    def hours(day):
        begins, ends = desk.day_of(day, LONDON)
        return (ends - begins) / timedelta(hours=1)

    assert hours(date(2030, 1, 7)) == 24
    assert hours(date(2030, 3, 31)) == 23
    assert hours(date(2030, 10, 27)) == 25


def test_what_cannot_take_place_says_why_in_words_beside_its_colour():
    disrupted = appointment(disrupted=["device_unfit", "room_closed"])
    troubles = desk.board([disrupted], NAMES, LONDON, TEN)[0].troubles
    assert [each.word for each in troubles] == ["Device not fit", "Room closed"]
    assert {each.tone for each in troubles} == {"bad"}


def test_every_kind_of_trouble_has_its_words():
    assert set(desk.TROUBLES) == set(KINDS)


def test_trouble_that_this_page_does_not_know_is_still_shown():
    new = appointment(disrupted=["roof_gone"])
    assert desk.board([new], NAMES, LONDON, TEN)[0].troubles[0].word == "Cannot take place"
    assert desk.board([appointment()], NAMES, LONDON, TEN)[0].troubles == ()
