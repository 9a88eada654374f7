"""Hours, indications, states, and ids that tell their age."""

import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.booking.domain import appointments, bits, clients, hours, treatments
from services.booking.domain.appointments import STEPS, WrongState
from services.booking.domain.hours import Hours, HoursWrong
from shared import ids
from shared.schemas.appointments import STATUSES

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(("clock", "minute"), [("00:00", 0), ("09:30", 570), ("24:00", 1440)])
def test_clock_is_minutes_after_midnight(clock, minute):
    assert hours.minute(clock) == minute
    assert hours.clock(minute) == clock


@pytest.mark.parametrize("clock", ["24:01", "25:00", "9:00", "09:60", "noon", ""])
def test_clock_that_no_wall_shows_is_refused(clock):
    with pytest.raises(HoursWrong):
        hours.minute(clock)


def test_week_is_put_in_order():
    late, early = Hours(1, 840, 1080), Hours(1, 540, 780)
    assert hours.week([late, early]) == (early, late)


def test_stretches_that_touch_do_not_overlap():
    assert len(hours.week([Hours(1, 540, 780), Hours(1, 780, 1080)])) == 2


@pytest.mark.parametrize(
    ("week", "sentence"),
    [
        ([Hours(2, 600, 600)], "On Tuesday the hours end at 10:00"),
        ([Hours(7, 540, 780), Hours(7, 779, 1080)], "On Sunday two stretches"),
    ],
)
def test_hours_that_cannot_be_are_refused(week, sentence):
    with pytest.raises(HoursWrong, match=sentence):
        hours.week(week)


def test_capacity_is_the_mean_of_open_days_inside_the_opening_hours():
    opening = [Hours(1, 540, 1080), Hours(2, 540, 1080)]
    working = [(1, [Hours(1, 480, 1080), Hours(3, 540, 1080)]), (1, [Hours(2, 540, 780)])]
    assert hours.daily_capacity(opening, working) == (540 + 240) // 2
    assert hours.daily_capacity([], working) == 0


def test_capacity_counts_a_rota_of_two_weeks_by_half():
    opening = [Hours(1, 540, 1080)]
    assert hours.daily_capacity(opening, [(2, [Hours(1, 540, 1080)])]) == 270


@pytest.mark.parametrize("indication", treatments.INDICATIONS)
def test_interval_is_at_least_that_of_the_indication(indication):
    least = treatments.INDICATIONS[indication].least_interval_days
    treatments.check(indication, least, None, None)
    with pytest.raises(treatments.IntervalTooShort) as refused:
        treatments.check(indication, least - 1, None, None)
    assert refused.value.members == {"least_days": least}


def test_rosacea_is_not_offered():
    with pytest.raises(treatments.IndicationNotOffered):
        treatments.check("IND-11", 365, None, None)


@pytest.mark.parametrize("price", [(100, None), (None, "GBP")])
def test_price_is_whole_or_absent(price):
    with pytest.raises(treatments.PriceIncomplete):
        treatments.check("IND-01", 28, *price)


# From each state, the steps that may be taken; a step that is taken already is no step.
LEGAL = {
    "held": set(),
    "booked": {"confirm", "cancel", "arrive", "miss"},
    "confirmed": {"cancel", "arrive", "miss"},
    "arrived": {"cancel", "complete"},
    "in_treatment": {"complete"},
    "completed": set(),
    "cancelled": set(),
    "missed": set(),
    "lapsed": set(),
}


def test_every_state_is_in_the_table():
    assert set(LEGAL) == set(STATUSES)


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("status", LEGAL)
def test_step_is_taken_from_its_states_only(name, status):
    if name in LEGAL[status]:
        appointments.require(STEPS[name], status)
    else:
        with pytest.raises(WrongState) as refused:
            appointments.require(STEPS[name], status)
        assert refused.value.members["state"] == status


def test_id_of_version_7_tells_whether_it_was_made_just_now():
    fresh = ids.new()
    made = datetime.fromtimestamp((fresh.int >> 80) / 1000, UTC)
    assert clients.registered_just_now(fresh, made)
    assert not clients.registered_just_now(fresh, made + timedelta(seconds=11))
    assert not clients.registered_just_now(uuid.uuid4(), made)


@pytest.mark.parametrize("length", range(1, 20))
def test_runs_begin_where_enough_bits_in_a_row_are_free(length):
    free = 0b1111_0111_1111_1111_0001_1111
    text = f"{free:b}"[::-1]
    expected = {n for n in range(len(text)) if text[n : n + length] == "1" * length}
    assert set(bits.positions(bits.runs(free, length))) == expected


def test_span_before_the_window_is_cut_off():
    assert bits.span(-3, 2) == 0b11
    assert bits.span(-3, -1) == 0
    assert bits.span(5, 5) == 0
    assert list(bits.positions(bits.union([(12, 14), (13, 16)], 10))) == [2, 3, 4, 5]
