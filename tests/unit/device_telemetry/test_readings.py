"""What readings can be, and which are too deep."""

from datetime import UTC, datetime, timedelta

import pytest

from services.device_telemetry.domain import readings
from services.device_telemetry.domain.readings import Impossible, Row
from tests.unit.device_telemetry.samples import CHEEK, NOSE, samples

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)


def test_a_device_may_have_been_without_network_for_thirty_days_and_not_longer():
    readings.require_lately(NOON - timedelta(days=30), NOON)
    with pytest.raises(Impossible) as refused:
        readings.require_lately(NOON - timedelta(days=30, milliseconds=1), NOON)
    assert refused.value.reason == "too_old"


def test_a_devices_clock_may_be_five_minutes_ahead_and_not_more():
    readings.require_lately(NOON + timedelta(minutes=5), NOON)
    with pytest.raises(Impossible) as refused:
        readings.require_lately(NOON + timedelta(minutes=5, milliseconds=1), NOON)
    assert refused.value.reason == "far_future"


@pytest.mark.parametrize(
    ("row", "least", "most"),
    [
        ("zone", 0, 17),
        ("depth_um", -1000, 5000),
        ("speed_rpm", 0, 32767),
        ("current_ma", 0, 32767),
        ("temperature_cc", -4000, 15000),
        ("battery_permille", 0, 1000),
    ],
)
def test_a_figure_is_possible_up_to_its_bounds(row, least, most):
    for value in (least, most):
        readings.require_possible(samples(**{row: value}))
    for value in (least - 1, most + 1):
        if -32768 <= value <= 32767:
            with pytest.raises(Impossible, match=row):
                readings.require_possible(samples(**{row: value}))


def test_two_samples_may_share_a_moment_and_none_may_run_back():
    readings.require_possible(samples(3, dt_ms=[0, 0, 5]))
    with pytest.raises(Impossible, match=r"dt_ms is not ascending\.$") as refused:
        readings.require_possible(samples(3, dt_ms=[0, 5, 4]))
    assert refused.value.reason == "time_runs_back"


def test_the_limit_itself_is_allowed_and_a_micrometre_more_is_not():
    assert readings.deep_beyond(samples(depth_um=650), {CHEEK: 650}, NOON) is None
    excess = readings.deep_beyond(samples(depth_um=651), {CHEEK: 650}, NOON)
    assert (excess.zone, excess.value, excess.limit) == (CHEEK, 651, 650)


def test_the_worst_excess_is_told_with_its_own_zone_and_limit():
    mixed = samples(4, zone=[CHEEK, NOSE, CHEEK, CHEEK], depth_um=[700, 600, 800, 500])
    excess = readings.deep_beyond(mixed, {CHEEK: 650, NOSE: 300}, NOON)
    assert (excess.zone, excess.value, excess.limit) == (NOSE, 600, 300)
    assert excess.last_at == NOON + timedelta(milliseconds=200)


def test_a_zone_without_a_limit_is_out_of_plan_only_while_needles_move_in_skin():
    found = readings.out_of_plan(samples(3, zone=NOSE, depth_um=[9, 700, 8]), {CHEEK: 650}, NOON)
    assert (found.zone, found.value, found.limit) == (NOSE, 700, None)
    assert found.last_at == NOON + timedelta(milliseconds=200)
    assert readings.out_of_plan(samples(zone=NOSE, speed_rpm=0), {CHEEK: 650}, NOON) is None
    assert readings.out_of_plan(samples(zone=NOSE, depth_um=0), {CHEEK: 650}, NOON) is None
    assert readings.out_of_plan(samples(zone=0), {CHEEK: 650}, NOON) is None


def test_over_limit_counts_both_kinds_sample_by_sample():
    mixed = samples(4, zone=[CHEEK, NOSE, 0, CHEEK], depth_um=[700, 100, 900, 600])
    assert readings.over_limit(mixed, {CHEEK: 650}).tolist() == [True, True, False, False]


def test_a_value_above_its_limit_is_told_at_its_highest():
    hot = samples(3, temperature_cc=[5400, 5600, 5501])
    excess = readings.above(hot, Row.TEMPERATURE_CC, 5500, NOON)
    assert (excess.zone, excess.value, excess.limit) == (CHEEK, 5600, 5500)
    assert excess.last_at == NOON + timedelta(milliseconds=200)  # by this it is judged over
    assert readings.above(hot, Row.TEMPERATURE_CC, 5600, NOON) is None


def test_readings_of_the_future_wait_until_they_are_five_minutes_old():
    """Not those that come in time, and none of a clock that is ahead without measure."""
    minutes, days, least = timedelta(minutes=5), timedelta(days=80), timedelta(milliseconds=1)
    for t0 in (NOON - least, NOON, NOON + minutes, NOON + days, NOON + 2 * days):
        assert readings.can_be_from(t0, NOON) is None
    for t0 in (NOON + minutes + least, NOON + days - least):
        assert readings.can_be_from(t0, NOON) == t0 + minutes


def test_what_no_device_measures_is_taken_for_the_nearest_that_one_can():
    wild = samples(1, depth_um=9000, temperature_cc=-9000, zone=40)
    found = readings.nearest_possible(wild)[:, 0].tolist()
    assert (found[Row.DEPTH_UM], found[Row.TEMPERATURE_CC], found[Row.ZONE]) == (5000, -4000, 17)
    good = samples(5)
    assert (readings.nearest_possible(good) == good).all()
