"""Who is first in line, what suits whom, and until when a place is kept: on paper."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.booking.domain import waiting as rules
from services.booking.domain.refusals import InThePast, TooFarAhead
from services.booking.domain.waiting import Wishes, WishesWrong
from tests.unit.booking.builders import LONDON, MONDAY, a_clinic, a_room, a_situation, a_treatment

LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks change by thirty minutes
ZONES = some.sampled_from(
    [LONDON, LORD_HOWE, ZoneInfo("Pacific/Apia"), ZoneInfo("America/Santiago"), ZoneInfo("UTC")]
)
MOMENTS = some.datetimes(datetime(2029, 1, 1), datetime(2031, 12, 31), timezones=some.just(UTC))  # noqa: DTZ001 # hypothesis adds the zone
ANY = Wishes(frozenset(rules.EVERY_DAY), 0, 1440, date(2029, 1, 1), date(2032, 12, 31), 0)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@given(
    some.lists(
        some.fixed_dictionaries(
            {"priority": some.integers(0, 2), "created_at": MOMENTS, "id": some.uuids()}
        ),
        max_size=20,
    )
)
def test_nobody_stands_behind_who_came_later_with_no_better_reason(entries):
    line = sorted(entries, key=rules.rank)
    for before, after in itertools.pairwise(line):
        assert before["priority"] >= after["priority"]
        if before["priority"] == after["priority"]:
            assert before["created_at"] <= after["created_at"]


@given(some.permutations(range(6)))
def test_the_line_is_the_same_however_it_is_read(order):
    entries = [
        {"priority": n % 3, "created_at": MONDAY + (n % 2) * HOUR, "id": n} for n in range(6)
    ]
    line = sorted((entries[n] for n in order), key=rules.rank)
    assert [each["id"] for each in line] == [2, 5, 4, 1, 0, 3]


@given(
    MOMENTS, ZONES, some.sets(some.integers(1, 7)), some.integers(0, 1440), some.integers(0, 1440)
)
def test_what_suits_is_what_the_clinic_s_wall_shows(at, zone, weekdays, earliest, latest):
    wishes = replace(
        ANY, weekdays=frozenset(weekdays), earliest_minute=earliest, latest_minute=latest
    )
    wall = f"{at.astimezone(zone):%u %H:%M}"
    day, shown = int(wall[0]), wall[2:]
    begins, ends = (f"{n // 60:02}:{n % 60:02}" for n in (earliest, latest))
    assert wishes.suit(at, zone) == (day in weekdays and begins <= shown <= ends)


def on(day, **changes):
    return replace(ANY, from_day=day, until_day=day, **changes)


def test_on_the_day_the_clocks_go_forward_times_are_those_on_the_wall():
    sunday = date(2030, 3, 31)
    wishes = on(sunday, earliest_minute=120, latest_minute=180)
    shown = [datetime(2030, 3, 31, 0, 45, tzinfo=UTC) + n * 15 * MINUTE for n in range(8)]
    suits = [at for at in shown if wishes.suit(at, LONDON)]
    assert [f"{at.astimezone(LONDON):%H:%M}" for at in suits] == [
        "02:00",
        "02:15",
        "02:30",
        "02:45",
        "03:00",
    ]


def test_on_the_day_the_clocks_go_back_both_readings_of_a_time_suit():
    wishes = on(date(2030, 10, 27), earliest_minute=90, latest_minute=90)
    first, second = (datetime(2030, 10, 27, n, 30, tzinfo=UTC) for n in (0, 1))
    assert wishes.suit(first, LONDON)
    assert wishes.suit(second, LONDON)


def test_a_clock_that_changes_by_half_an_hour_is_read_as_it_shows():
    wishes = on(date(2030, 10, 6), earliest_minute=150, latest_minute=150)
    before = datetime(2030, 10, 5, 15, 30, tzinfo=UTC)  # 02:00 would be, 02:30 is
    assert f"{before.astimezone(LORD_HOWE):%H:%M}" == "02:30"
    assert wishes.suit(before, LORD_HOWE)
    assert not wishes.suit(before - 30 * MINUTE, LORD_HOWE)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2030, 3, 31), 23), (date(2030, 10, 27), 25), (date(2030, 6, 1), 24)]
)
def test_the_last_day_is_over_at_midnight_however_long_it_was(day, hours):
    begins = datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
    assert on(day).over_at(LONDON) - begins == hours * HOUR


@given(MOMENTS, ZONES)
def test_a_quiet_night_ends_the_next_time_the_wall_shows_eight(now, zone):
    ends = rules.quiet_ends(now, zone)
    assert now < ends <= now + 25 * HOUR
    assert f"{ends.astimezone(zone):%H:%M}" == "08:00"
    assert not rules.is_quiet(ends, zone)
    assert rules.is_quiet(ends - MINUTE, zone)


@pytest.mark.parametrize(
    ("clock", "quiet"), [("07:59", True), ("08:00", False), ("20:59", False), ("21:00", True)]
)
def test_nobody_is_asked_from_nine_in_the_evening_until_eight(clock, quiet):
    hour, minute = map(int, clock.split(":"))
    now = datetime(2030, 7, 1, hour, minute, tzinfo=LONDON).astimezone(UTC)
    assert rules.is_quiet(now, LONDON) is quiet


@given(
    some.integers(0, 600), some.integers(0, 600), some.integers(0, 60 * 24), some.integers(5, 90)
)
def test_an_offer_leaves_time_to_answer_and_ends_when_others_must_know(
    notice, lead, ahead, minutes
):
    wishes = replace(ANY, notice_minutes=notice)
    now, starts_at = MONDAY + 12 * HOUR, MONDAY + 12 * HOUR + ahead * MINUTE
    situation = a_situation(now=now, clinic=a_clinic(lead_minutes=lead))
    asked = rules.fitting(wishes, situation, [starts_at])
    ends = rules.answer_by(wishes, lead, starts_at, now, minutes)
    assert ends <= now + minutes * MINUTE
    assert ends <= starts_at - max(notice, lead) * MINUTE
    assert bool(asked) == (starts_at - max(notice, lead) * MINUTE >= now + 5 * MINUTE)
    if asked:
        assert ends >= now + 5 * MINUTE


def test_only_what_is_over_and_cleaned_before_is_better_than_what_is_given_up():
    treatment = a_treatment(duration_minutes=60, buffer_before_minutes=5, buffer_after_minutes=10)
    situation = a_situation(now=MONDAY, treatment=treatment, rooms=(a_room(turnover_minutes=15),))
    starts = [MONDAY + 10 * HOUR + n * 15 * MINUTE for n in range(8)]
    better = rules.fitting(ANY, situation, starts, gives_up_at=MONDAY + 12 * HOUR)
    assert better == [MONDAY + 10 * HOUR + n * 15 * MINUTE for n in range(3)]  # until 10:30
    assert rules.fitting(ANY, situation, starts) == starts


@pytest.mark.parametrize(
    ("wishes", "refusal"),
    [
        (replace(ANY, earliest_minute=720, latest_minute=719), WishesWrong),
        (replace(ANY, from_day=date(2030, 2, 2), until_day=date(2030, 2, 1)), WishesWrong),
        (on(date(2030, 1, 8), weekdays=frozenset({1})), WishesWrong),  # a Tuesday
        (on(date(2030, 1, 6)), InThePast),
        (on(date(2031, 1, 9)), TooFarAhead),
    ],
)
def test_wishes_that_no_time_can_meet_are_refused(wishes, refusal):
    with pytest.raises(refusal):
        rules.check(wishes, MONDAY, LONDON, 365)


@pytest.mark.parametrize(
    "wishes",
    [ANY, on(date(2030, 1, 7)), on(date(2031, 1, 7)), replace(ANY, weekdays=frozenset({3}))],
)
def test_wishes_that_some_time_can_meet_are_kept(wishes):
    rules.check(wishes, MONDAY, LONDON, 365)
