"""How values are said."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.web.domain import words

NOON = datetime(2030, 7, 1, 12, tzinfo=UTC)


def test_unknown_is_never_zero():
    assert words.whole(None) == words.permille(None) == words.delta(None) == "unknown"
    assert words.whole(0) == "0"


def test_counts_are_grouped():
    assert words.whole(12345) == "12\u202f345"


def test_shares_are_in_per_cent():
    assert words.permille(615) == "62\u202f%"


def test_differences_carry_their_sign():
    assert [words.delta(number) for number in (3, -2, 0)] == ["+3", "\u22122", "±0"]


@pytest.mark.parametrize(
    ("seconds", "said"), [(-5, "now"), (59, "now"), (60, "1 min"), (3600, "1 h"), (90000, "1 d")]
)
def test_ages_are_in_the_largest_whole_unit(seconds, said):
    assert words.ago(NOON, NOON + timedelta(seconds=seconds)) == said


def test_times_are_told_in_the_zone_of_the_clinic():
    lisbon = ZoneInfo("Europe/Lisbon")
    assert words.clock(NOON, lisbon) == "13:00"
    assert words.clock(NOON) == "12:00"
    assert words.in_full(NOON, lisbon) == "Monday 1 July 2030, 13:00:00 WEST"
    assert words.day(NOON) == "Monday 1 July"
    assert words.day(NOON, 2030) == "Monday 1 July"
    assert words.day(NOON, 2029) == "Monday 1 July 2030"


def test_machines_read_utc():
    assert words.iso(NOON.astimezone(ZoneInfo("Asia/Tokyo"))) == "2030-07-01T12:00:00Z"
    assert words.read_moment("2030-07-01T12:00:00Z") == NOON


def test_depths_are_in_millimetres():
    assert words.millimetres(1500) == "1.5 mm"
