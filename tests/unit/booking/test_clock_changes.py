"""The two days a year on which clinics come apart: both hemispheres, and Lord Howe's half hour."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.booking.domain import local_time, treatments
from services.booking.domain.availability import Board
from services.booking.domain.hours import Hours
from services.booking.domain.local_time import TimeDoesNotExist
from tests.unit.booking.builders import ALWAYS, a_clinic, a_situation, a_treatment

CHANGES = [  # zone, day of the change, minutes that the day is longer
    ("Europe/London", date(2030, 3, 31), -60),
    ("Europe/London", date(2030, 10, 27), 60),
    ("America/New_York", date(2030, 3, 10), -60),
    ("America/New_York", date(2030, 11, 3), 60),
    ("Australia/Sydney", date(2030, 10, 6), -60),
    ("Australia/Sydney", date(2030, 4, 7), 60),
    ("Australia/Lord_Howe", date(2030, 10, 6), -30),
    ("Australia/Lord_Howe", date(2030, 4, 7), 30),
    ("America/Santiago", date(2030, 9, 8), -60),
    ("Pacific/Kiritimati", date(2030, 3, 31), 0),
    ("Pacific/Pago_Pago", date(2030, 3, 31), 0),
    ("Asia/Kathmandu", date(2030, 3, 31), 0),
]


def a_board(zone, day, hours, **changes):
    begins = local_time.midnight(day, zone)
    return Board(
        a_situation(
            clinic=a_clinic(zone=zone, hours=hours, step_minutes=30),
            treatment=a_treatment(duration_minutes=30, **changes),
            starts_from=begins,
            starts_until=local_time.midnight(day + timedelta(days=1), zone),
            now=begins - timedelta(days=1),
        )
    )


def walls(board, zone):
    return [f"{each['starts_at'].astimezone(zone):%H:%M}" for each in board.times()]


@pytest.mark.parametrize(("name", "day", "longer"), CHANGES)
def test_day_is_as_long_as_its_clock_makes_it(name, day, longer):
    zone = ZoneInfo(name)
    assert len(a_board(zone, day, ALWAYS).times()) == (24 * 60 + longer) // 30


@pytest.mark.parametrize(("name", "day", "longer"), CHANGES)
def test_working_day_begins_at_nine_by_the_wall(name, day, longer):
    zone = ZoneInfo(name)
    week = tuple(Hours(weekday, 540, 1080) for weekday in range(1, 8))
    found = walls(a_board(zone, day, week), zone)
    assert (found[0], found[-1], len(found)) == ("09:00", "17:30", 18)


@pytest.mark.parametrize(("name", "day", "longer"), CHANGES)
def test_every_listed_start_is_a_step_of_the_wall_clock_and_a_time_of_its_own(name, day, longer):
    zone = ZoneInfo(name)
    board = a_board(zone, day, ALWAYS)
    starts = [each["starts_at"] for each in board.times()]
    assert len(set(starts)) == len(starts)
    assert {wall[-2:] for wall in walls(board, zone)} <= {"00", "30"}
    assert {start.astimezone(zone).date() for start in starts} == {day}


def test_skipped_times_are_not_offered_and_doubled_ones_are_two_moments():
    london = ZoneInfo("Europe/London")
    spring = walls(a_board(london, date(2030, 3, 31), ALWAYS), london)
    assert spring[:4] == ["00:00", "00:30", "02:00", "02:30"]
    autumn = walls(a_board(london, date(2030, 10, 27), ALWAYS), london)
    assert autumn[:7] == ["00:00", "00:30", "01:00", "01:30", "01:00", "01:30", "02:00"]


def test_lord_howe_moves_by_half_an_hour():
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    spring = walls(a_board(lord_howe, date(2030, 10, 6), ALWAYS), lord_howe)
    assert spring[3:6] == ["01:30", "02:30", "03:00"]
    autumn = walls(a_board(lord_howe, date(2030, 4, 7), ALWAYS), lord_howe)
    assert autumn[2:7] == ["01:00", "01:30", "01:30", "02:00", "02:30"]


def test_hours_that_begin_in_the_gap_are_read_with_the_offset_before_it():
    london = ZoneInfo("Europe/London")
    begins = local_time.moment(date(2030, 3, 31), 90, london)
    assert begins == datetime(2030, 3, 31, 1, 30, tzinfo=UTC)
    assert begins.astimezone(london).hour == 2


def test_hours_in_the_doubled_hour_mean_the_first():
    london = ZoneInfo("Europe/London")
    begins = local_time.moment(date(2030, 10, 27), 90, london)
    assert begins == datetime(2030, 10, 27, 0, 30, tzinfo=UTC)


def test_day_that_ends_at_24_ends_at_the_next_midnight():
    london = ZoneInfo("Europe/London")
    ends = local_time.moment(date(2030, 10, 27), 1440, london)
    assert ends == local_time.midnight(date(2030, 10, 28), london)


@pytest.mark.parametrize(
    ("zone", "wall", "utc"),
    [
        (
            "Europe/London",
            datetime.fromisoformat("2030-07-01T10:00"),
            datetime(2030, 7, 1, 9, tzinfo=UTC),
        ),
        (
            "Europe/London",
            datetime.fromisoformat("2030-10-27T01:30"),
            datetime(2030, 10, 27, 0, 30, tzinfo=UTC),
        ),
        (
            "Asia/Kathmandu",
            datetime.fromisoformat("2030-01-01T00:00"),
            datetime(2029, 12, 31, 18, 15, tzinfo=UTC),
        ),
    ],
)
def test_typed_time_is_the_clinics(zone, wall, utc):
    assert local_time.typed(wall, ZoneInfo(zone)) == utc


@pytest.mark.parametrize(
    ("zone", "wall", "after"),
    [
        ("Europe/London", datetime.fromisoformat("2030-03-31T01:30"), "02:30"),
        ("Australia/Lord_Howe", datetime.fromisoformat("2030-10-06T02:15"), "02:45"),
        ("America/Santiago", datetime.fromisoformat("2030-09-08T00:00"), "01:00"),
    ],
)
def test_typed_time_that_the_clock_skips_is_refused(zone, wall, after):
    with pytest.raises(TimeDoesNotExist, match=f"the next time is {after}"):
        local_time.typed(wall, ZoneInfo(zone))


def test_four_weeks_over_a_change_are_four_weeks_by_the_calendar():
    london = ZoneInfo("Europe/London")
    treated = datetime(2030, 3, 18, 16, tzinfo=UTC)
    recovered = treatments.recovered_at(treated, 28, london)
    assert recovered == datetime(2030, 4, 14, 23, tzinfo=UTC)
    assert recovered.astimezone(london).date() == date(2030, 4, 15)


def test_leap_day_counts():
    london = ZoneInfo("Europe/London")
    recovered = treatments.recovered_at(datetime(2028, 2, 10, 12, tzinfo=UTC), 28, london)
    assert recovered == datetime(2028, 3, 9, tzinfo=UTC)


def test_window_over_a_change_lists_the_same_walls_on_both_sides():
    sydney = ZoneInfo("Australia/Sydney")
    week = tuple(Hours(weekday, 540, 600) for weekday in range(1, 8))
    begins = local_time.midnight(date(2030, 10, 5), sydney)
    board = Board(
        a_situation(
            clinic=a_clinic(zone=sydney, hours=week),
            starts_from=begins,
            starts_until=begins + timedelta(days=3),
            now=begins - timedelta(days=1),
        )
    )
    assert walls(board, sydney) == ["09:00"] * 3


@pytest.mark.parametrize(("name", "day", "longer"), CHANGES)
def test_span_of_one_day_is_the_whole_local_day(name, day, longer):
    zone = ZoneInfo(name)
    begins, ends = local_time.span(day, day, zone)
    assert ends - begins == timedelta(hours=24, minutes=longer)
    assert begins == local_time.midnight(day, zone)
    assert (begins.tzinfo, ends.tzinfo) == (UTC, UTC)


def test_span_of_days_ends_where_the_next_one_begins():
    zone = ZoneInfo("Europe/London")
    _, ends = local_time.span(date(2030, 3, 30), date(2030, 3, 31), zone)
    begins, _ = local_time.span(date(2030, 4, 1), date(2030, 4, 1), zone)
    assert ends == begins == datetime(2030, 3, 31, 23, tzinfo=UTC)


def test_span_may_begin_with_a_day_and_end_with_a_moment():
    noon = datetime(2030, 7, 1, 12, tzinfo=UTC)
    begins, ends = local_time.span(date(2030, 7, 1), noon, ZoneInfo("Europe/London"))
    assert (begins, ends) == (datetime(2030, 6, 30, 23, tzinfo=UTC), noon)
