"""What a date is: an exception, else a public holiday, else the hours of its weekday."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.booking.domain import days, local_time, public_holidays, refusals
from services.booking.domain.availability import Board
from services.booking.domain.days import Calendar, DayOutOfReach, Exceptional
from services.booking.domain.hours import HoursWrong
from tests.unit.booking.builders import LONDON, NINE_TO_SIX, a_clinic, a_situation, a_treatment

MAY_DAY = date(2030, 5, 6)
PLAIN = Calendar(NINE_TO_SIX, (), "GB-ENG", closed_on_holidays=True)
NOON = ((600, 720),)


def a_board(day, zone=LONDON, **clinic):
    begins = local_time.midnight(day, zone)
    return Board(
        a_situation(
            clinic=a_clinic(zone=zone, **clinic),
            starts_from=begins,
            starts_until=local_time.midnight(day + timedelta(days=1), zone),
            now=begins - timedelta(days=1),
        )
    )


def walls(board):
    zone = board.situation.clinic.zone
    return [f"{each['starts_at'].astimezone(zone):%H:%M}" for each in board.times()]


@pytest.mark.parametrize(
    ("jurisdiction", "day", "holiday"),
    [
        ("GB", MAY_DAY, True),
        ("GB-ENG", date(2030, 8, 26), True),
        ("GB-SCT", date(2030, 8, 26), False),
        ("PT", date(2030, 4, 25), True),
        ("PT-11", date(2030, 4, 25), True),
        ("US-CA", date(2030, 7, 4), True),
        ("AU-NSW", date(2030, 1, 28), True),
        ("AU-NSW", date(2030, 6, 10), True),
        ("AU-WA", date(2030, 6, 10), False),
        ("GB-XXX", MAY_DAY, True),
        ("XX", date(2030, 12, 25), False),
        ("", date(2030, 12, 25), False),
        ("GB", date(2030, 5, 7), False),
    ],
)
def test_public_holidays_are_those_of_the_jurisdiction(jurisdiction, day, holiday):
    assert bool(public_holidays.on(jurisdiction, day)) is holiday


@pytest.mark.parametrize(
    ("jurisdiction", "code"),
    [("GB-ENG", "GB-ENG"), ("GB-XXX", "GB"), ("PT", "PT"), ("XX", None), ("XX-YY", None)],
)
def test_unknown_subdivision_falls_back_to_its_country_and_an_unknown_country_to_none(
    jurisdiction, code
):
    assert public_holidays.known_as(jurisdiction) == code


def test_ordinary_date_has_the_hours_of_its_weekday():
    found = PLAIN.on(date(2030, 5, 7))
    assert (found.hours, found.changed_by, found.holiday) == (((540, 1080),), None, None)


def test_public_holiday_closes_only_who_closes_on_them():
    assert PLAIN.on(MAY_DAY).hours == ()
    open_still = replace(PLAIN, closed_on_holidays=False).on(MAY_DAY)
    assert (open_still.hours, open_still.changed_by) == (((540, 1080),), None)
    assert open_still.holiday == PLAIN.on(MAY_DAY).holiday is not None


def test_exception_overrides_the_week_and_the_holiday():
    found = replace(PLAIN, exceptions=(Exceptional(MAY_DAY, NOON, "Open day"),)).on(MAY_DAY)
    assert (found.hours, found.changed_by, found.reason) == (NOON, "exception", "Open day")
    assert found.holiday


@pytest.mark.parametrize(
    "typed",
    [
        [("10:00", "10:00")],
        [("12:00", "10:00")],
        [("09:00", "12:00"), ("11:00", "13:00")],
        [("9", "10:00")],
        [("09:00", "24:01")],
    ],
)
def test_hours_of_a_date_that_cannot_be_right_are_refused(typed):
    with pytest.raises(HoursWrong):
        days.stretches(typed)


def test_hours_of_a_date_come_in_order():
    assert days.stretches([("13:00", "24:00"), ("09:00", "13:00")]) == ((540, 780), (780, 1440))


@pytest.mark.parametrize("ahead", [-1, 5 * 366 + 1])
def test_date_that_is_over_or_years_ahead_is_not_planned(ahead):
    today = date(2030, 1, 7)
    with pytest.raises(DayOutOfReach):
        days.require_plannable(today + timedelta(days=ahead), today)
    days.require_plannable(today, today)


def test_nothing_is_offered_on_a_holiday_and_each_usual_time_says_why():
    board = a_board(MAY_DAY, jurisdiction="GB", closed_on_holidays=True)
    assert board.times() == []
    refused = board.refused()
    assert {tuple(each["reasons"]) for each in refused} == {("public_holiday",)}
    assert len(refused) == 33  # 09:00 to 17:00, every quarter of an hour


def test_shortened_date_offers_its_own_hours_and_says_what_was_lost():
    board = a_board(MAY_DAY, exceptions=(Exceptional(MAY_DAY, NOON),))
    assert walls(board) == ["10:00", "10:15", "10:30", "10:45", "11:00"]
    assert {tuple(each["reasons"]) for each in board.refused()} == {("clinic_closed",)}


def test_longer_date_is_open_longer_than_usual():
    late = Exceptional(MAY_DAY, ((540, 1200),))
    board = a_board(MAY_DAY, exceptions=(late,), jurisdiction="GB", closed_on_holidays=True)
    assert (walls(board)[0], walls(board)[-1]) == ("09:00", "19:00")


def test_other_dates_of_the_window_stay_as_usual():
    begins = local_time.midnight(MAY_DAY - timedelta(days=1), LONDON)
    clinic = a_clinic(jurisdiction="GB", closed_on_holidays=True)
    board = Board(
        a_situation(
            clinic=clinic,
            starts_from=begins,
            starts_until=begins + timedelta(days=3),
            now=begins - timedelta(days=1),
        )
    )
    dates = {each["starts_at"].astimezone(LONDON).date() for each in board.times()}
    assert dates == {MAY_DAY - timedelta(days=1), MAY_DAY + timedelta(days=1)}
    night = local_time.moment(MAY_DAY - timedelta(days=1), 20 * 60, LONDON)
    assert board.reasons(night) == ["outside_hours"]


def sentence(board, day, minute=600):
    at = local_time.moment(day, minute, board.situation.clinic.zone)
    return refusals.error(board.situation, at, board.reasons(at)).args[0]


def test_sentences_name_the_holiday_and_the_exception():
    holiday = a_board(MAY_DAY, jurisdiction="GB", closed_on_holidays=True)
    name = public_holidays.on("GB", MAY_DAY)
    expected = f"Monday 6 May 2030 is {name}, and the clinic is closed."
    assert sentence(holiday, MAY_DAY) == expected
    stock = a_board(MAY_DAY, exceptions=(Exceptional(MAY_DAY, (), "Stock-taking"),))
    assert sentence(stock, MAY_DAY) == "The clinic is closed on Monday 6 May 2030 (Stock-taking)."
    short = a_board(MAY_DAY, exceptions=(Exceptional(MAY_DAY, NOON),))
    assert sentence(short, MAY_DAY, 780) == (
        "On Monday 6 May 2030 the clinic is open from 10:00 to 12:00."
    )


@pytest.mark.parametrize(
    ("zone", "day"),
    [
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
    ],
)
def test_exception_on_the_day_of_a_clock_change_is_by_the_wall(zone, day):
    ten_to_noon = Exceptional(day, NOON)
    assert walls(a_board(day, ZoneInfo(zone), exceptions=(ten_to_noon,))) == [
        "10:00",
        "10:15",
        "10:30",
        "10:45",
        "11:00",
    ]
    closed = a_board(day, ZoneInfo(zone), exceptions=(Exceptional(day, ()),))
    assert closed.times() == []
    lost = {each["starts_at"].astimezone(ZoneInfo(zone)).date() for each in closed.refused()}
    assert lost == {day}


def test_exception_counts_on_the_clinics_date_not_on_utcs():
    auckland, day = ZoneInfo("Pacific/Auckland"), date(2030, 5, 6)
    before = a_board(day - timedelta(days=1), auckland, exceptions=(Exceptional(day, ()),))
    assert len(before.times()) == 33
    assert a_board(day, auckland, exceptions=(Exceptional(day, ()),)).times() == []


def test_treatment_that_would_run_into_a_closed_midnight_is_outside_the_hours():
    evening = date(2030, 5, 5)
    always = tuple(replace(each, opens=0, closes=1440) for each in NINE_TO_SIX)
    closed = (Exceptional(MAY_DAY, ()),)
    board = Board(
        a_situation(
            clinic=a_clinic(hours=always, exceptions=closed),
            treatment=a_treatment(duration_minutes=60),
            starts_from=local_time.midnight(evening, LONDON),
            starts_until=local_time.midnight(MAY_DAY, LONDON),
            now=datetime(2030, 5, 1, tzinfo=LONDON),
        )
    )
    assert walls(board)[-1] == "23:00"
    assert board.reasons(local_time.moment(evening, 1410, LONDON)) == ["outside_hours"]
