"""What calls for an alarm, which alarms stop the device, and when they are over."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.device_telemetry.domain import alarms, clocks
from services.device_telemetry.domain.alarms import SEVERITIES, Cause
from services.device_telemetry.usecases.statuses import BATTERY_WELL_PERMILLE
from shared import ids

PAGE = " ".join(Path("docs/device-protocol.md").read_text(encoding="utf-8").split())
NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)
SECOND, MILLISECOND = timedelta(seconds=1), timedelta(milliseconds=1)
KINDS = sorted(SEVERITIES)


def cause(kind, **facts):
    return Cause(kind, ids.new(), ids.new(), None, NOON, **facts)


def seconds(of):
    return f"{of / SECOND:.0f} s"


def minutes(of):
    return f"{of / timedelta(minutes=1):.0f} minutes"


@pytest.mark.parametrize(
    "figure",
    [
        f"above {alarms.MOTOR_HOT_CC / 100:.2f} °C",
        f"above {alarms.CURRENT_HIGH_MA} mA",
        f"below {alarms.BATTERY_LOW_PERMILLE} ‰, until {BATTERY_WELL_PERMILLE} ‰",
        f"clock is over {seconds(alarms.CLOCK_WILD)} ahead",
        f"nothing for {seconds(alarms.SILENT_NEEDLING)} while needling",
        f"{seconds(alarms.SILENT_IDLE)} else",
        f"a hole older than {minutes(alarms.GAP_OPEN)}",
        f"or {minutes(alarms.ESCALATED_AFTER['soft'])} where the device is not stopped",
    ],
)
def test_the_page_for_makers_of_devices_gives_the_figures_by_which_alarms_begin(figure):
    assert figure in PAGE


def test_what_the_page_says_in_words_is_as_long():
    """Five seconds of good readings; a minute for late, and for escalation; ten after the end."""
    assert alarms.QUIET_BEFORE_CLEAR == 5 * SECOND
    assert alarms.LATE == alarms.ESCALATED_AFTER["hard"] == alarms.FORGOTTEN == 60 * SECOND
    assert alarms.AFTER_THE_END == 10 * SECOND


def test_a_device_counts_as_off_line_only_after_three_statuses_it_should_have_sent():
    between = timedelta(seconds=30)
    assert 2 * between < alarms.SILENT_IDLE < 3 * between < alarms.OFFLINE < 4 * between
    assert (alarms.SILENT_IDLE, alarms.OFFLINE) == (75 * SECOND, 95 * SECOND)


def test_every_alarm_is_escalated_some_day():
    assert set(SEVERITIES.values()) == set(alarms.ESCALATED_AFTER)


@pytest.mark.parametrize(
    ("kind", "ends_with_its_session", "may_be_long_ago", "is_of_the_device"),
    [
        ("battery_low", False, False, False),
        ("cartridge_expired", True, True, False),
        ("cartridge_reused", True, True, False),
        ("clock_wild", False, False, False),
        ("current_high", True, True, False),
        ("depth_over_limit", True, True, False),
        ("fault", False, True, True),
        ("gap_open", False, False, False),
        ("motor_hot", True, True, True),
        ("no_session", True, True, False),
        ("silent", True, False, False),
        ("wrong_zone", True, True, False),
    ],
)
def test_each_alarm_is_about_a_treatment_a_moment_or_the_device_itself(
    kind, ends_with_its_session, may_be_long_ago, is_of_the_device
):
    assert (kind in alarms.ENDED_WITH_SESSION) is ends_with_its_session
    assert (kind in alarms.TIMED) is may_be_long_ago
    assert (kind in alarms.OF_DEVICE) is is_of_the_device


def test_only_new_readings_end_what_readings_show_and_only_a_cartridge_what_it_is():
    shown = {"depth_over_limit", "wrong_zone", "no_session", "motor_hot", "current_high"}
    assert shown == alarms.MEASURED
    assert {"cartridge_reused", "cartridge_expired"} == alarms.OF_CARTRIDGE


@pytest.mark.parametrize("kind", KINDS)
def test_a_hard_alarm_stops_the_device_and_needling_after_its_sessions_end_does(kind):
    hard = SEVERITIES[kind] == "hard"
    assert cause(kind).severity == SEVERITIES[kind]
    assert cause(kind).stops is hard
    assert cause(kind, ended_at=NOON).stops is (hard or kind == "no_session")


@pytest.mark.parametrize("kind", KINDS)
def test_what_happened_in_a_session_that_has_ended_is_over_but_for_the_devices_own_troubles(kind):
    ended = cause(kind, ended_at=NOON)
    over = kind not in {"motor_hot", "fault"}
    for happened_at in (NOON - timedelta(hours=1), NOON, NOON + 10 * SECOND):
        assert ended.is_over(happened_at) is over
        assert not cause(kind).is_over(happened_at)
    assert not ended.is_over(NOON + 10 * SECOND + MILLISECOND)


def test_a_cause_is_of_now_unless_it_says_otherwise():
    plain = cause("fault")
    assert (plain.late, plain.waits) == (False, False)
    facts = (plain.zone, plain.value, plain.limit, plain.offset_ms, plain.boot_id, plain.started_ms)
    assert facts == (None,) * 6


@pytest.mark.parametrize(
    ("at", "expired"),
    [
        (datetime(2030, 1, 7, tzinfo=UTC), False),
        (datetime(2030, 1, 7, 23, 59, tzinfo=UTC), False),
        # still the 7th where the sun sets last
        (datetime(2030, 1, 8, 11, 59, 59, tzinfo=UTC), False),
        (datetime(2030, 1, 8, 12, tzinfo=UTC), True),
        (datetime(2031, 1, 1, tzinfo=UTC), True),
    ],
)
def test_a_cartridge_may_be_used_through_its_last_day_wherever_the_clinic_is(at, expired):
    assert alarms.is_expired(date(2030, 1, 7), at) is expired


@given(st.integers(-12, 12), st.datetimes(datetime(2030, 1, 1), datetime(2030, 2, 1)))  # noqa: DTZ001 # made aware below
def test_no_cartridge_is_refused_on_a_day_that_is_still_its_last_at_the_clinic(hours, local):
    at = (local - timedelta(hours=hours)).replace(tzinfo=UTC)
    assert not alarms.is_expired(local.date(), at)


def test_an_alarm_by_readings_ends_after_five_good_seconds_and_not_before():
    assert alarms.has_ended(NOON, NOON + 5 * SECOND)
    assert not alarms.has_ended(NOON, NOON + 5 * SECOND - MILLISECOND)
    assert not alarms.has_ended(NOON, NOON - SECOND)


def test_an_end_that_lies_in_the_future_of_what_happened_leaves_nothing_after_it():
    assert not alarms.is_after(NOON, NOON - SECOND)
    assert not alarms.is_after(NOON, clocks.happened_at(NOON, [10_000]))
    assert alarms.is_after(NOON, clocks.happened_at(NOON, [10_001]))
