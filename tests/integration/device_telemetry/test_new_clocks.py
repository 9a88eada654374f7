"""A device started again with its clock behind: danger of now stops it, what waited does not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from deploy.devicekit.wire import as_binary, rfc3339
from shared import clock
from tests.integration.device_telemetry.readings import a_batch, arrive
from tests.integration.device_telemetry.sayings import is_on_line, kinds, says
from tests.integration.device_telemetry.test_moves import move
from tests.people import LISBON

STOPS = "SELECT body ->> 'reason' AS reason FROM device_telemetry.commands WHERE command = 'stop'"
MINUTE = timedelta(minutes=1)
HOT = {"depth_um": 0, "temperature_cc": 6000}


@pytest.fixture
def now(pen):
    """A device that was on line for a while, its clock right, and was started again just now."""
    now = clock.now()
    for seconds in (100, 70, 40):
        at = now - timedelta(seconds=seconds)
        is_on_line(pen, at, connection=1, uptime_ms=7_200_000 - 1000 * seconds)
    return now


def started_again(pen, now, behind, connection=2, uptime_ms=5000):
    is_on_line(pen, now, at=rfc3339(now - behind), connection=connection, uptime_ms=uptime_ms)


def hot(pen, now, *, at, uptime_ms, boot_id=18):
    batch = a_batch(at, boot_id=boot_id, uptime_ms=uptime_ms, **HOT)
    arrive(pen.topic(), [as_binary(batch)], now=now)


@pytest.mark.parametrize("behind", [1.2 * MINUTE, 2 * MINUTE, 60 * MINUTE, timedelta(days=29)])
def test_a_danger_of_now_stops_a_device_whose_clock_was_set_back(pen, now, rows, behind):
    started_again(pen, now, behind)
    hot(pen, now, at=now - behind, uptime_ms=5000)
    assert rows(STOPS) == [{"reason": "motor_hot"}]


def test_a_danger_that_is_told_at_once_stops_it_too(fleet, pen, now, rows):
    fleet.session(pen, {8: 650})
    started_again(pen, now, 60 * MINUTE)
    says(pen, "depth_over_limit", now=now, at=now - 60 * MINUTE, boot_id=2, zone=8, depth_um=900)
    assert rows(STOPS) == [{"reason": "depth_over_limit"}]


def test_what_the_start_before_left_in_memory_stops_nobody(pen, now, rows, announced):
    """Its clock was right: an hour ago is an hour ago, though the new clock says it is now."""
    started_again(pen, now, 60 * MINUTE)
    hot(pen, now, at=now - 60 * MINUTE, uptime_ms=3_600_000, boot_id=17)
    assert (kinds(announced), rows(STOPS)) == (["motor_hot"], [])
    assert announced("alarm_raised")[0]["late"]


@pytest.mark.parametrize("waited_cc", [5900, 6100])
def test_what_waited_hides_no_danger_of_now_that_comes_with_it(pen, now, rows, waited_cc):
    """The start before it kept what was hotter or cooler, and had a clock of its own."""
    started_again(pen, now, 60 * MINUTE)
    waited = a_batch(
        now - 20 * MINUTE, boot_id=17, uptime_ms=6_000_000, depth_um=0, temperature_cc=waited_cc
    )
    current = a_batch(now - 60 * MINUTE, boot_id=18, uptime_ms=5000, **HOT)
    arrive(pen.topic(), [as_binary(each) for each in (waited, current)], now=now)
    assert rows(STOPS) == [{"reason": "motor_hot"}]


def test_what_the_new_start_kept_for_long_stops_nobody(pen, now, rows, announced):
    started_again(pen, now, 60 * MINUTE, uptime_ms=7_200_000)
    hot(pen, now, at=now - 70 * MINUTE, uptime_ms=6_600_000)
    assert (kinds(announced), rows(STOPS)) == (["motor_hot"], [])


@pytest.mark.parametrize("connection", [1, None])
def test_a_status_that_waited_sets_no_clock_back(pen, now, rows, connection):
    started_again(pen, now, 60 * MINUTE, connection)
    hot(pen, now, at=now - 60 * MINUTE, uptime_ms=5000)
    assert rows(STOPS) == []


def test_a_clock_that_is_set_right_again_counts_at_once(pen, now, rows, announced):
    started_again(pen, now, 60 * MINUTE)
    is_on_line(pen, now + MINUTE, connection=3, uptime_ms=5000)
    hot(pen, now + MINUTE, at=now - 59 * MINUTE, uptime_ms=5000)
    assert (kinds(announced), rows(STOPS)) == (["motor_hot"], [])
    hot(pen, now + MINUTE, at=now + MINUTE, uptime_ms=6000, boot_id=19)
    assert rows(STOPS) == [{"reason": "motor_hot"}]


BEHIND = [timedelta(days=20_000), timedelta(days=2)]
PLACES = "SELECT clinic_id FROM device_telemetry.batches"


@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("facts", [HOT, {"depth_um": 910}])
def test_a_clock_that_is_behind_the_move_has_no_danger_of_now_told_to_the_old_clinic(
    fleet, pen, rows, announced, behind, facts
):
    """Nobody there holds the device, and it hears no stop under its old topic."""
    assert move(fleet, pen).status_code == 200
    there, now = replace(pen, clinic=LISBON), clock.now()
    session_id = fleet.session(there, {8: 650}) if facts is not HOT else None
    is_on_line(there, now, at=rfc3339(now - behind), uptime_ms=93_000)
    body = as_binary(a_batch(now - behind, session_id=session_id, **facts))
    arrive(there.topic(), [body], now=now)
    danger = announced("alarm_raised")[-1]
    assert (danger["clinic_id"], danger["late"]) == (str(LISBON.id), False)
    told = "SELECT DISTINCT clinic_id FROM device_telemetry.commands WHERE command = 'stop'"
    assert rows(told) == [{"clinic_id": LISBON.id}]
    assert {row["clinic_id"] for row in rows(PLACES)} <= {LISBON.id}


def test_what_another_start_or_a_session_of_the_old_clinic_took_stays_there(fleet, pen, rows):
    now, behind = clock.now(), timedelta(days=2)
    session_id = fleet.session(pen, {8: 650}, started_at=now - timedelta(hours=2))
    fleet.end(pen, session_id)
    assert move(fleet, pen).status_code == 200
    there = replace(pen, clinic=LISBON)
    is_on_line(there, now, at=rfc3339(now - behind), uptime_ms=93_000)
    mine = a_batch(now - behind, session_id=session_id)
    other = a_batch(now - behind, boot_id=16, uptime_ms=7_200_000)
    arrive(there.topic(), [as_binary(mine), as_binary(other)], now=now)
    assert [row["clinic_id"] for row in rows(PLACES)] == [pen.clinic.id] * 2
