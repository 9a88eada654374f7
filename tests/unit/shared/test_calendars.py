"""Clock changes written out: who knows only the text reads the same times as who knows the zone."""

import io
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as some

from shared import calendars

FIRST, LAST = date(2029, 12, 1), date(2031, 1, 31)
ZONES = (
    *("Europe/London", "Europe/Lisbon", "Europe/Dublin", "America/St_Johns"),
    *("Australia/Lord_Howe", "Pacific/Chatham", "America/Santiago"),
    *("Asia/Tokyo", "Asia/Kathmandu", "Pacific/Kiritimati", "UTC"),
    "Africa/Casablanca",  # four times in two Ramadans, until its government decides otherwise
)


def times_changed(zone):
    """Return how often the clocks change, by what this machine knows of the zone."""
    hours = range(24 * (LAST - FIRST).days)
    began = datetime.combine(FIRST, datetime.min.time(), UTC)
    offsets = [(began + timedelta(hours=hour)).astimezone(zone).utcoffset() for hour in hours]
    return sum(one != other for one, other in pairwise(offsets))


def parts_of(name):
    return calendars.time_zone(name, FIRST, LAST).subcomponents


@pytest.mark.parametrize("name", ZONES)
def test_each_change_is_written_at_the_second_at_which_the_clocks_change(name):
    first, *changes = parts_of(name)
    zone = ZoneInfo(name)
    assert first["TZOFFSETFROM"].td == first["TZOFFSETTO"].td
    for part in changes:
        before, after = part["TZOFFSETFROM"].td, part["TZOFFSETTO"].td
        at = (part["DTSTART"].dt - before).replace(tzinfo=UTC)
        assert (at - timedelta(seconds=1)).astimezone(zone).utcoffset() == before
        assert at.astimezone(zone).utcoffset() == after
        assert part.name == ("DAYLIGHT" if after > before else "STANDARD")
    assert len(changes) == times_changed(zone)


def test_lord_howe_changes_by_half_an_hour_at_two_in_the_morning():
    told = [
        (part.name, part["DTSTART"].to_ical(), part["TZOFFSETTO"].to_ical())
        for part in parts_of("Australia/Lord_Howe")[1:]
    ]
    assert told == [
        ("STANDARD", b"20300407T020000", "+1030"),
        ("DAYLIGHT", b"20301006T020000", "+1100"),
    ]


@given(
    name=some.sampled_from(ZONES),
    minute=some.integers(0, 60 * 24 * (LAST - FIRST).days),
)
def test_a_wall_time_means_the_same_by_the_text_as_by_the_zone(name, minute):
    zone = ZoneInfo(name)
    wall = datetime(2029, 12, 1) + timedelta(minutes=minute)  # noqa: DTZ001 # a wall time
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    body = calendars.time_zone(name, FIRST, LAST).to_ical().decode().replace("\r\n", "\n")
    written = tzical(io.StringIO(body)).get(name)
    if at.astimezone(zone).replace(tzinfo=None) == wall:  # not a time that the clocks skip
        assert wall.replace(tzinfo=written).utcoffset() == at.astimezone(zone).utcoffset()
