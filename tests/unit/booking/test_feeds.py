"""A diary as iCalendar, parsed by the icalendar library, on the days the clocks change."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import icalendar
import pytest

from services.booking.api import feeds
from services.booking.usecases.calendars import Diary

CHANGES = {  # the moments at which the clocks change in 2030
    "Europe/London": ("2030-03-31T01:00Z", "2030-10-27T01:00Z"),
    "America/New_York": ("2030-03-10T07:00Z", "2030-11-03T06:00Z"),
    "Australia/Sydney": ("2030-04-06T16:00Z", "2030-10-05T16:00Z"),
    "Australia/Lord_Howe": ("2030-04-06T15:00Z", "2030-10-05T15:30Z"),
}


def an_entry(number, starts_at, **changes):
    return {
        "id": UUID(int=number),
        "version": 3,
        "status": "booked",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=30),
        "practitioner_name": "Priya",
        "room_name": "Room 2",
        "changed_at": starts_at - timedelta(days=2),
    } | changes


def a_diary(*entries, zone="Europe/London", kind="clinic", around=datetime(2030, 7, 1, tzinfo=UTC)):
    first, last = around - timedelta(days=30), around + timedelta(days=180)
    return Diary("Soho", kind, zone, first, last, entries)


def parsed(diary):
    return icalendar.Calendar.from_ical(feeds.text(diary))


@pytest.mark.parametrize(
    ("zone", "change"), [(zone, at) for zone, both in CHANGES.items() for at in both]
)
def test_appointments_around_a_clock_change_keep_their_moments(zone, change):
    at = datetime.fromisoformat(change)
    moments = [at + timedelta(minutes=15 * n) for n in range(-12, 13)]
    entries = [an_entry(n, moment) for n, moment in enumerate(moments)]
    calendar = parsed(a_diary(*entries, zone=zone, around=at))
    [told] = calendar.walk("VTIMEZONE")
    assert told["TZID"] == zone
    written = told.to_tz(lookup_tzid=False)  # by the text alone
    for moment, event in zip(moments, calendar.walk("VEVENT"), strict=True):
        for name, expected in (("DTSTART", moment), ("DTEND", moment + timedelta(minutes=30))):
            when = event[name]
            in_utc = when.params.get("TZID") in {None, "UTC"}
            local = when.dt.replace(tzinfo=UTC if in_utc else written)
            assert local.astimezone(UTC) == expected, (name, when.to_ical())
            assert in_utc == any(
                each.astimezone(ZoneInfo(zone)).fold
                for each in (moment, moment + timedelta(minutes=30))
            )


def test_an_entry_says_when_where_and_with_whom_and_nothing_else():
    [event] = parsed(a_diary(an_entry(1, datetime(2030, 7, 1, 9, tzinfo=UTC)))).walk("VEVENT")
    assert {name: str(value) for name, value in event.items() if name[:2] != "DT"} == {
        "UID": "00000000-0000-0000-0000-000000000001@needlepoint",
        "SEQUENCE": "3",
        "LAST-MODIFIED": str(event["LAST-MODIFIED"]),
        "SUMMARY": "Appointment · Priya · Room 2",
        "LOCATION": "Room 2",
        "STATUS": "CONFIRMED",
        "TRANSP": "OPAQUE",
        "CLASS": "PRIVATE",
    }
    assert event["LAST-MODIFIED"].dt == datetime(2030, 6, 29, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "summary"),
    [("practitioner", "Appointment · Room 2"), ("room", "Appointment · Priya")],
)
def test_a_diary_does_not_repeat_whose_it_is(kind, summary):
    entry = an_entry(1, datetime(2030, 7, 1, 9, tzinfo=UTC))
    [event] = parsed(a_diary(entry, kind=kind)).walk("VEVENT")
    assert event["SUMMARY"] == summary


@pytest.mark.parametrize("status", ["cancelled", "missed"])
def test_what_was_given_up_is_cancelled_and_takes_no_time(status):
    entry = an_entry(1, datetime(2030, 7, 1, 9, tzinfo=UTC), status=status)
    [event] = parsed(a_diary(entry)).walk("VEVENT")
    assert (event["STATUS"], event["TRANSP"]) == ("CANCELLED", "TRANSPARENT")


def test_the_calendar_says_its_name_and_how_often_to_ask():
    calendar = parsed(a_diary(zone="Asia/Kathmandu"))
    assert calendar["X-WR-CALNAME"] == "Soho"
    assert calendar["REFRESH-INTERVAL"].to_ical() == b"PT15M"
    assert len(calendar.walk("VTIMEZONE")[0].subcomponents) == 1  # a zone without clock changes


def test_names_cannot_break_out_of_their_line():
    entry = an_entry(
        1,
        datetime(2030, 7, 1, 9, tzinfo=UTC),
        room_name="Room\r\nATTENDEE:mailto:x@example.org;," + "é" * 80,
    )
    text = feeds.text(a_diary(entry))
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    [event] = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert "ATTENDEE" not in event


def test_the_tag_changes_with_what_is_written_and_only_then():
    entry = an_entry(1, datetime(2030, 7, 1, 9, tzinfo=UTC))
    tag = feeds.tag(a_diary(entry))
    assert tag == feeds.tag(a_diary(dict(entry)))
    others = [a_diary(), a_diary(entry | {"version": 4}), a_diary(entry | {"room_name": "Room 3"})]
    assert tag not in [feeds.tag(each) for each in others]
