"""Rotas, single dates and absences: when somebody works, by the wall clock of the clinic."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.booking.domain import local_time, refusals, rotas
from services.booking.domain.availability import Board
from services.booking.domain.days import Exceptional
from services.booking.domain.hours import Hours, HoursWrong
from services.booking.domain.rotas import (
    Absence,
    AbsenceWrong,
    Rota,
    RotasOverlap,
    RotaWrong,
    Schedule,
)
from tests.unit.booking.builders import LONDON, a_clinic, a_practitioner, a_situation, an_id

WEDNESDAY = date(2030, 5, 8)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
MORNINGS = tuple((1, Hours(day, 540, 720)) for day in range(1, 8))


def a_rota(begins=None, ends=None, weeks=1, hours=MORNINGS):
    return Rota(begins, ends, weeks, hours)


def a_board(day, schedules, zone=LONDON, *, chosen=False):
    begins = local_time.midnight(day, zone)
    people = tuple(
        a_practitioner(id=an_id(20 + n), schedule=each) for n, each in enumerate(schedules)
    )
    return Board(
        a_situation(
            clinic=a_clinic(zone=zone),
            practitioners=people,
            starts_from=begins,
            starts_until=local_time.midnight(day + DAY, zone),
            now=begins - DAY,
            chosen=chosen,
        )
    )


def walls(board):
    zone = board.situation.clinic.zone
    return [f"{each['starts_at'].astimezone(zone):%H:%M}" for each in board.times()]


def test_rota_holds_from_its_first_to_its_last_date():
    schedule = Schedule((a_rota(WEDNESDAY, WEDNESDAY + DAY),))
    dates = [WEDNESDAY + n * DAY for n in range(-1, 3)]
    assert [bool(each.hours) for each in schedule.days(dates)] == [False, True, True, False]


def test_one_rota_follows_another():
    afternoons = tuple((1, Hours(day, 780, 1080)) for day in range(1, 8))
    schedule = Schedule((a_rota(None, WEDNESDAY), a_rota(WEDNESDAY + DAY, None, hours=afternoons)))
    assert schedule.on(WEDNESDAY).hours == ((540, 720),)
    assert schedule.on(WEDNESDAY + DAY).hours == ((780, 1080),)


def test_every_second_week_counts_from_the_monday_of_its_first_date():
    first = tuple((1, Hours(day, 540, 720)) for day in range(1, 8))
    schedule = Schedule((a_rota(WEDNESDAY, None, 2, first),))
    worked = [each.day for each in schedule.days(WEDNESDAY + n * DAY for n in range(-2, 20))]
    hours = [each.day for each in schedule.days(worked) if each.hours]
    sunday = WEDNESDAY + 4 * DAY
    second = [sunday + WEEK + n * DAY for n in range(1, 8)]
    assert hours == [WEDNESDAY + n * DAY for n in range(5)] + second


def test_weeks_of_a_rhythm_have_their_own_hours():
    hours = ((1, Hours(3, 540, 720)), (2, Hours(3, 780, 1080)))
    schedule = Schedule((a_rota(WEDNESDAY, None, 2, hours),))
    found = [each.hours for each in schedule.days(WEDNESDAY + n * WEEK for n in range(4))]
    assert found == [((540, 720),), ((780, 1080),)] * 2


def test_rhythm_goes_on_over_the_end_of_a_year():
    schedule = Schedule((a_rota(date(2026, 12, 28), None, 2),))
    assert schedule.on(date(2027, 1, 3)).hours
    assert not schedule.on(date(2027, 1, 4)).hours
    assert schedule.on(date(2027, 1, 11)).hours


def test_single_date_comes_before_the_rota_and_an_absence_before_both():
    noon = Exceptional(WEDNESDAY, ((720, 840),))
    off = Exceptional(WEDNESDAY + DAY, ())
    away = Absence(WEDNESDAY, WEDNESDAY)
    schedule = Schedule((a_rota(),), (noon, off))
    assert schedule.on(WEDNESDAY).hours == ((720, 840),)
    assert schedule.on(WEDNESDAY + DAY).hours == ()
    found = Schedule((a_rota(),), (noon, off), (away,)).on(WEDNESDAY)
    assert (found.hours, found.usual, found.away) == ((), ((720, 840),), True)


@pytest.mark.parametrize(
    ("begins", "ends", "overlaps"),
    [
        (None, None, True),
        (WEDNESDAY + 8 * DAY, None, False),
        (WEDNESDAY + 7 * DAY, None, True),
        (None, WEDNESDAY - DAY, False),
        (None, WEDNESDAY, True),
        (WEDNESDAY + 2 * DAY, WEDNESDAY + 3 * DAY, True),
    ],
)
def test_two_rotas_at_a_time_are_refused(begins, ends, overlaps):
    known, wanted = a_rota(WEDNESDAY, WEDNESDAY + WEEK), a_rota(begins, ends)
    assert wanted.overlaps(known) == known.overlaps(wanted) == overlaps
    if overlaps:
        with pytest.raises(RotasOverlap, match="Priya has a rota from Wednesday 8 May 2030 until"):
            rotas.check(wanted, [known], "Priya")
    else:
        rotas.check(wanted, [known], "Priya")


@pytest.mark.parametrize("rota", [a_rota(WEDNESDAY, WEDNESDAY - DAY), a_rota(None, None, 2)])
def test_rota_that_cannot_be_right_is_refused(rota):
    with pytest.raises(RotaWrong):
        rotas.check(rota, [], "Priya")


def test_hours_of_a_rhythm_are_checked_week_by_week():
    early, late = Hours(1, 540, 720), Hours(1, 700, 800)
    assert rotas.weeks(2, [(2, late), (1, early)]) == ((1, early), (2, late))
    with pytest.raises(HoursWrong):
        rotas.weeks(1, [(1, early), (1, late)])
    with pytest.raises(RotaWrong, match="no week 2"):
        rotas.weeks(1, [(2, early)])


@pytest.mark.parametrize("days", [-1, 366])
def test_absence_that_cannot_be_right_is_refused(days):
    with pytest.raises(AbsenceWrong):
        rotas.check_absence(WEDNESDAY, WEDNESDAY + days * DAY)
    rotas.check_absence(WEDNESDAY, WEDNESDAY)


def test_who_is_away_is_not_offered_and_it_is_told_as_such():
    away = Schedule((a_rota(),), (), (Absence(WEDNESDAY, WEDNESDAY),))
    board = a_board(WEDNESDAY, [away], chosen=True)
    assert board.times() == []
    at = local_time.moment(WEDNESDAY, 600, LONDON)
    assert board.reasons(at) == ["practitioner_away"]
    assert board.reasons(local_time.moment(WEDNESDAY, 810, LONDON)) == ["practitioner_off"]
    told = refusals.sentence(board.situation, at, "practitioner_away")
    assert told == "Priya is away on Wednesday 8 May 2030."


def test_colleague_stands_in_for_who_is_away():
    away = Schedule((a_rota(),), (), (Absence(WEDNESDAY, WEDNESDAY),))
    assert walls(a_board(WEDNESDAY, [away, Schedule((a_rota(),))]))[0] == "09:00"


def test_everybody_away_is_told_of_everybody():
    away = Schedule((a_rota(),), (), (Absence(WEDNESDAY - DAY, WEDNESDAY + DAY),))
    board = a_board(WEDNESDAY, [away, away])
    at = local_time.moment(WEDNESDAY, 600, LONDON)
    assert board.reasons(at) == ["practitioner_away"]
    told = refusals.sentence(board.situation, at, "practitioner_away")
    assert told.startswith("Every practitioner who may do this and works then is away on ")


CHANGES = [
    ("Europe/London", date(2030, 3, 31)),
    ("Europe/London", date(2030, 10, 27)),
    ("Europe/Lisbon", date(2030, 3, 31)),
    ("Europe/Lisbon", date(2030, 10, 27)),
    ("Australia/Sydney", date(2030, 10, 6)),
    ("Australia/Sydney", date(2030, 4, 7)),
    ("America/New_York", date(2030, 3, 10)),
    ("America/New_York", date(2030, 11, 3)),
    ("Australia/Lord_Howe", date(2030, 10, 6)),
    ("Australia/Lord_Howe", date(2030, 4, 7)),
]


@pytest.mark.parametrize(("name", "day"), CHANGES)
def test_rota_that_begins_or_ends_on_a_clock_change_goes_by_the_wall(name, day):
    zone = ZoneInfo(name)
    begins, ends = Schedule((a_rota(day),)), Schedule((a_rota(None, day),))
    for schedule in (begins, ends):
        assert (walls(a_board(day, [schedule], zone))[0], len(schedule.on(day).hours)) == (
            "09:00",
            1,
        )
    assert walls(a_board(day - DAY, [begins], zone)) == []
    assert walls(a_board(day + DAY, [ends], zone)) == []


@pytest.mark.parametrize(("name", "day"), CHANGES)
def test_second_week_over_a_clock_change_is_still_the_second_week(name, day):
    zone = ZoneInfo(name)
    schedule = Schedule((a_rota(day - WEEK, None, 2),))
    assert walls(a_board(day - WEEK, [schedule], zone))[0] == "09:00"
    assert walls(a_board(day, [schedule], zone)) == []
    assert walls(a_board(day + WEEK, [schedule], zone))[-1] == "11:00"


@pytest.mark.parametrize(("name", "day"), CHANGES)
def test_absence_covers_all_of_a_day_whose_clock_changes(name, day):
    zone = ZoneInfo(name)
    always = a_rota(hours=tuple((1, Hours(weekday, 0, 1440)) for weekday in range(1, 8)))
    away = Schedule((always,), (), (Absence(day, day),))
    assert walls(a_board(day, [away], zone)) == []
    assert walls(a_board(day - DAY, [away], zone))[-1] == "17:00"
    assert walls(a_board(day + DAY, [away], zone))[0] == "09:00"
