"""The day before by the wall clock, and the night."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notification.domain import local_time

LONDON = "Europe/London"
FAR_AWAY = ["Pacific/Kiritimati", "Pacific/Midway", "Australia/Lord_Howe", "Pacific/Chatham"]
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"}))
MOMENTS = st.integers(
    int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()),
    int(datetime(2035, 1, 1, tzinfo=UTC).timestamp()),
).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def local(year, month, day, hour, minute=0, zone=LONDON, fold=0):
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone), fold=fold).astimezone(
        UTC
    )


def test_the_day_before_the_clocks_go_forward_is_23_hours_earlier():
    start = local(2026, 3, 29, 10)
    assert local_time.day_before(start, LONDON) == local(2026, 3, 28, 10)
    assert start - local_time.day_before(start, LONDON) == timedelta(hours=23)


def test_the_day_before_the_clocks_go_back_is_25_hours_earlier():
    start = local(2026, 10, 25, 10)
    assert start - local_time.day_before(start, LONDON) == timedelta(hours=25)


def test_a_time_that_the_day_before_skipped_is_an_hour_later():
    start = local(2026, 3, 30, 1, 30)  # 01:30 on the 29th did not exist in London
    assert local_time.day_before(start, LONDON) == local(2026, 3, 29, 2, 30)


def test_a_time_that_the_day_before_had_twice_means_the_first():
    start = local(2026, 10, 26, 1, 30)
    assert local_time.day_before(start, LONDON) == local(2026, 10, 25, 1, 30, fold=0)


def test_a_leap_day_has_a_day_before_and_is_one():
    assert local_time.day_before(local(2028, 3, 1, 10), LONDON) == local(2028, 2, 29, 10)


@pytest.mark.parametrize("zone", FAR_AWAY)
def test_the_wall_clock_shows_the_same_in_far_zones(zone):
    start = local(2030, 1, 7, 10, 15, zone=zone)
    before = local_time.day_before(start, zone).astimezone(ZoneInfo(zone))
    assert (before.day, before.hour, before.minute) == (6, 10, 15)


@given(MOMENTS, ZONES)
def test_the_wall_clock_shows_the_same_wherever_that_time_exists(moment, zone):
    before = local_time.day_before(moment, zone).astimezone(ZoneInfo(zone))
    wanted = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) - timedelta(days=1)
    exists = wanted.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone))
    assert before.replace(tzinfo=None) == exists.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("hour", "minute", "quiet"),
    [(7, 59, True), (8, 0, False), (20, 59, False), (21, 0, True), (0, 0, True)],
)
def test_the_night_is_from_nine_to_eight(hour, minute, quiet):
    assert local_time.is_quiet(local(2030, 1, 7, hour, minute), LONDON) is quiet


def test_what_falls_into_the_night_waits_for_the_morning():
    late, latest = local(2030, 1, 7, 22), local(2030, 1, 9, 0)
    assert local_time.outside_quiet(late, LONDON, latest) == local(2030, 1, 8, 8)
    early = local(2030, 1, 7, 6)
    assert local_time.outside_quiet(early, LONDON, latest) == local(2030, 1, 7, 8)


def test_what_cannot_wait_goes_the_evening_before():
    due, latest = local(2030, 1, 7, 6), local(2030, 1, 7, 7)
    assert local_time.outside_quiet(due, LONDON, latest) == local(2030, 1, 6, 20, 45)


@given(MOMENTS, ZONES)
def test_nothing_is_ever_planned_for_the_night(moment, zone):
    latest = moment + timedelta(hours=14)
    assert not local_time.is_quiet(local_time.outside_quiet(moment, zone, latest), zone)


@given(MOMENTS, ZONES)
def test_the_morning_comes_within_a_day(moment, zone):
    wait = local_time.quiet_ends(moment, zone) - moment
    assert timedelta() < wait <= timedelta(hours=26)
