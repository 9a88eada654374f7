"""Where the sessions of a course go: the interval, the wishes, and the clock that changes."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.booking.domain import courses, local_time, treatments
from services.booking.domain.availability import Board, minute
from services.booking.domain.courses import Aim, Wishes
from services.booking.domain.situation import Client, Recovery
from services.booking.domain.treatments import INDICATIONS
from tests.unit.booking.builders import (
    ALWAYS,
    LONDON,
    MONDAY,
    NINE_TO_SIX,
    a_clinic,
    a_practitioner,
    a_situation,
    a_treatment,
    an_id,
    busy,
)

ZONES = [  # name, a day shortly before the clock changes
    ("Europe/London", date(2030, 3, 11)),
    ("Europe/London", date(2030, 10, 7)),
    ("America/New_York", date(2030, 2, 20)),
    ("America/New_York", date(2030, 10, 21)),
    ("Australia/Sydney", date(2030, 9, 16)),
    ("Australia/Sydney", date(2030, 3, 18)),
    ("Australia/Lord_Howe", date(2030, 9, 16)),
    ("Australia/Lord_Howe", date(2030, 3, 18)),
    ("America/Santiago", date(2030, 8, 19)),
    ("Pacific/Kiritimati", date(2030, 3, 18)),
    ("Asia/Kathmandu", date(2030, 3, 18)),
]
WISHES = Wishes(interval_days=28, most_interval_days=42)


def a_plan(wishes=WISHES, first=None, *, sessions=3, wished="10:00", **changes):
    """Plan a course from a Monday at ten; `changes` as of a situation."""
    known = {"client": Client(an_id(6)), "now": MONDAY - timedelta(days=1)} | changes
    situation = a_situation(**known)
    zone = situation.clinic.zone
    first = first or datetime(2030, 1, 7, 10, tzinfo=zone).astimezone(UTC)
    hour, minutes = map(int, wished.split(":"))
    aims = [Aim(1, exactly=first)]
    aims += [Aim(n, minute=hour * 60 + minutes) for n in range(2, sessions + 1)]

    def look(_aim, begins, ends):
        return replace(situation, starts_from=begins, starts_until=ends)

    return courses.plan(aims, wishes, look)


def days(plan):
    return [(each.day - plan[0].day).days for each in plan]


def walls(plan):
    zone = plan[0].situation.clinic.zone
    return [f"{each.starts_at.astimezone(zone):%H:%M}" for each in plan]


def test_sessions_lie_at_the_wished_interval_and_time_of_the_day():
    plan = a_plan()
    assert (days(plan), walls(plan)) == ([0, 28, 56], ["10:00"] * 3)
    assert [each.sentence for each in plan] == [None, None, None]


@pytest.mark.parametrize(("name", "day"), ZONES)
def test_ten_stays_ten_when_the_clock_changes(name, day):
    zone = ZoneInfo(name)
    first = datetime(day.year, day.month, day.day, 10, tzinfo=zone).astimezone(UTC)
    plan = a_plan(first=first, clinic=a_clinic(zone=zone, hours=ALWAYS), now=first)
    assert (days(plan), walls(plan)) == ([0, 28, 56], ["10:00"] * 3)
    assert all(each.place for each in plan)


@pytest.mark.parametrize(
    ("name", "day", "wished", "found"),
    [
        ("Europe/London", date(2030, 3, 3), "01:30", "02:00"),
        ("Australia/Lord_Howe", date(2030, 9, 8), "02:00", "01:45"),
        ("America/Santiago", date(2030, 8, 11), "00:30", "01:00"),
    ],
)
def test_session_at_a_skipped_time_begins_at_the_nearest_one(name, day, wished, found):
    zone = ZoneInfo(name)
    hour, minutes = map(int, wished.split(":"))
    wall = datetime(day.year, day.month, day.day, hour, minutes, tzinfo=zone)
    clinic = a_clinic(zone=zone, hours=ALWAYS)
    first = wall.astimezone(UTC)
    treatment = a_treatment(duration_minutes=30)
    plan = a_plan(
        first=first, wished=wished, clinic=clinic, now=first, sessions=2, treatment=treatment
    )
    assert (days(plan), walls(plan)[1]) == ([0, 28], found)


def test_session_at_a_doubled_time_begins_at_the_first():
    zone = ZoneInfo("Europe/London")
    first = datetime(2030, 9, 29, 1, 30, tzinfo=zone).astimezone(UTC)
    clinic = a_clinic(zone=zone, hours=ALWAYS)
    plan = a_plan(first=first, wished="01:30", clinic=clinic, now=first, sessions=2)
    assert plan[1].starts_at == datetime(2030, 10, 27, 0, 30, tzinfo=UTC)


def blocked(*spans):
    """Return the only practitioner, busy in these spans of (day after the first, hours)."""
    found = ()
    for day, first, last in spans:
        begins = datetime(2030, 1, 7, first, tzinfo=LONDON) + timedelta(days=day)
        found += busy(begins.astimezone(UTC), (last - first) * 60)
    return (a_practitioner(busy=found),)


def test_taken_time_gives_way_to_the_nearest_and_of_two_to_the_later():
    plan = a_plan(sessions=2, practitioners=blocked((28, 10, 11)))
    assert (days(plan), walls(plan)[1]) == ([0, 28], "11:00")
    plan = a_plan(sessions=2, practitioners=blocked((28, 10, 12)))
    assert (days(plan), walls(plan)[1]) == ([0, 28], "09:00")


def test_taken_day_gives_way_to_the_nearest_and_of_two_to_the_later():
    wishes = Wishes(interval_days=30, most_interval_days=44)
    first, second = (30, 9, 18), (31, 9, 18)
    assert days(a_plan(wishes, sessions=2, practitioners=blocked(first))) == [0, 31]
    assert days(a_plan(wishes, sessions=2, practitioners=blocked(first, second))) == [0, 29]


def test_no_session_is_earlier_than_it_may_be_late():
    wishes = Wishes(interval_days=30, most_interval_days=31)
    taken = blocked((30, 9, 18), (31, 9, 18))
    plan = a_plan(wishes, sessions=2, practitioners=taken)
    assert days(plan) == [0, 29]
    plan = a_plan(wishes, sessions=2, practitioners=blocked(*((n, 9, 18) for n in (29, 30, 31))))
    assert plan[1].place is None
    assert plan[1].reasons[0] == "practitioner_busy"
    assert plan[1].sentence.endswith("No other time up to Thursday 7 February 2030 is free either.")


def test_session_without_a_wished_time_names_the_nearest_other():
    wishes = replace(WISHES, weekdays=frozenset({7}))
    sundays_off = tuple(each for each in NINE_TO_SIX if each.weekday != 7)
    plan = a_plan(wishes, sessions=2, clinic=a_clinic(hours=sundays_off))
    assert plan[1].reasons == ("not_as_wished",)
    assert plan[1].sentence == (
        "No time up to Monday 18 February 2030 is as wished; "
        "the nearest other is 10:00 on Monday 4 February 2030."
    )


def test_first_session_is_exact_whatever_is_wished():
    wishes = replace(WISHES, weekdays=frozenset({3}), latest=9 * 60)
    plan = a_plan(wishes, sessions=2)
    assert (walls(plan), days(plan)) == (["10:00", "09:00"], [0, 30])


def test_refused_session_does_not_silence_the_dates_after_it():
    plan = a_plan(practitioners=blocked((0, 9, 18)))
    assert [bool(each.place) for each in plan] == [False, True, True]
    assert days(plan) == [0, 28, 56]


def test_sessions_beyond_the_horizon_say_so():
    plan = a_plan(clinic=a_clinic(horizon_days=40))
    assert [each.reasons[:1] for each in plan] == [(), (), ("too_far_ahead",)]


def test_practitioner_and_room_stay_the_same_where_they_can():
    other = a_practitioner(id=an_id(30), name="Aaron")
    priya = a_practitioner(busy=busy(datetime(2030, 2, 4, 10, tzinfo=UTC), 60))
    plan = a_plan(practitioners=(priya, other), sessions=4)
    assert [each.place.practitioner.name for each in plan] == ["Priya", "Aaron", "Aaron", "Aaron"]


def moments(zone):
    begins = local_time.midnight(date(2030, 1, 7), zone)
    return st.integers(0, 130 * 96).map(lambda n: begins + timedelta(minutes=15 * n))


@st.composite
def situations(draw):
    name, _ = draw(st.sampled_from(ZONES))
    zone = ZoneInfo(name)
    interval = draw(st.integers(7, 35))
    spans = draw(st.lists(st.tuples(moments(zone), st.integers(15, 4000)), max_size=12))
    treated = draw(st.lists(moments(zone), max_size=2))
    recoveries = tuple(
        Recovery(each, treatments.recovered_at(each, interval, zone)) for each in treated
    )
    taken = tuple((minute(begins), minute(begins) + length) for begins, length in spans)
    return a_situation(
        clinic=a_clinic(zone=zone),
        treatment=a_treatment(interval_days=interval),
        practitioners=(a_practitioner(busy=taken),),
        client=Client(an_id(6), (), recoveries),
        now=MONDAY - timedelta(days=2),
    )


@st.composite
def wishes(draw, least):
    interval = draw(st.integers(least, least + 10))
    earliest = draw(st.sampled_from([0, 9 * 60, 11 * 60]))
    return Wishes(
        interval,
        interval + draw(st.integers(0, 20)),
        frozenset(draw(st.sets(st.integers(1, 7), max_size=4))),
        earliest,
        draw(st.sampled_from([earliest, 15 * 60, 1440])),
    )


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_plan_keeps_the_interval_and_the_wishes_and_takes_the_nearest(data):
    situation = data.draw(situations())
    wished = data.draw(wishes(situation.treatment.interval_days))
    zone, interval = situation.clinic.zone, situation.treatment.interval_days
    first = data.draw(moments(zone))

    def look(_aim, begins, ends):
        return replace(situation, starts_from=begins, starts_until=ends)

    at = courses.wall_minute(first.astimezone(zone))
    aims = [Aim(1, exactly=first), *(Aim(n, minute=at) for n in (2, 3, 4))]
    plan = courses.plan(aims, wished, look)

    assert [each.number for each in plan] == [1, 2, 3, 4]
    assert plan[0].starts_at == first
    for before, each in itertools.pairwise(plan):
        gap = (each.day - before.day).days
        assert max(interval, 2 * wished.interval_days - wished.most_interval_days) <= gap
        assert gap <= wished.most_interval_days
        free = other_times(each, look)
        suited = [moment for moment in free if wished.suited(moment.astimezone(zone))]
        assert bool(each.place) == bool(suited)
        assert bool(each.place) != bool(each.sentence)
        assert not each.place or each.starts_at in suited
        target = before.day + timedelta(days=wished.interval_days)
        off = abs((each.day - target).days)
        assert all(abs((m.astimezone(zone).date() - target).days) >= off for m in suited)
        assert (each.otherwise is not None) == (not suited and bool(free))
    for each in plan:
        assert bool(each.reasons) == (each.place is None)
        assert not each.place or Board(look(None, *minute_of(each))).reasons(each.starts_at) == []


def minute_of(session):
    return session.starts_at, session.starts_at + timedelta(minutes=1)


def other_times(session, look):
    """Return every start that was possible in the span in which a session was looked for."""
    asked = session.situation
    client = asked.client
    known = replace(look(None, asked.starts_from, asked.starts_until), client=client)
    return [each["starts_at"] for each in Board(known).times()]


@pytest.mark.parametrize("indication", INDICATIONS)
def test_indication_says_how_many_sessions_and_how_far_apart(indication):
    known = INDICATIONS[indication]
    assert 1 <= known.usual_sessions <= known.most_sessions <= 12
    assert known.least_interval_days <= known.usual_interval_days
    treatment = a_treatment(interval_days=known.least_interval_days)
    wished = Wishes(known.usual_interval_days, known.usual_interval_days)
    courses.check(wished, known.most_sessions, treatment, indication)
    with pytest.raises(courses.CourseTooLong) as refused:
        courses.check(wished, known.most_sessions + 1, treatment, indication)
    assert refused.value.members == {"most_sessions": known.most_sessions}


def test_wishes_below_the_treatments_interval_are_refused():
    with pytest.raises(treatments.IntervalTooShort):
        courses.check(Wishes(27, 40), 3, a_treatment(), "IND-01")


@pytest.mark.parametrize("wished", [Wishes(30, 29), Wishes(30, 123), Wishes(30, 40, earliest=1441)])
def test_wishes_that_no_time_can_meet_are_refused(wished):
    with pytest.raises(courses.WishesContradict):
        courses.check(wished, 3, a_treatment(), "IND-01")


def test_gaps_are_told_on_both_sides_of_a_moved_session():
    first = date(2030, 1, 7)
    at = {n: first + timedelta(days=d) for n, d in ((1, 0), (2, 20), (3, 70), (4, 98))}
    found = courses.gaps(at, 2, Wishes(28, 42))
    assert [(each.sessions, each.days) for each in found] == [((1, 2), 20), ((2, 3), 50)]
    assert courses.gaps(at, 4, Wishes(28, 42)) == []
    (behind,) = courses.gaps({1: first, 2: first - timedelta(days=30)}, 2, Wishes(28, 42))
    assert behind.sentence == "Session 2 is now before session 1."
