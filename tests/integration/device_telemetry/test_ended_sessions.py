"""A device that names a session which has ended: what waited stops nobody, going on does."""

from datetime import date, timedelta

import pytest

from deploy.devicekit.wire import rfc3339
from shared import clock
from tests.integration.device_telemetry.readings import arrive
from tests.integration.device_telemetry.sayings import is_on_line, kinds, says
from tests.integration.device_telemetry.test_limits import CHEEK, deep

STOPS = """
SELECT session_id, body ->> 'reason' AS reason FROM device_telemetry.commands
WHERE command = 'stop' AND body ->> 'reason' <> 'session_ended' ORDER BY made_at, id
"""
FOREHEAD = 1
SOON = timedelta(seconds=20)
DEEP = {"zone": CHEEK, "depth_um": 900, "limit_um": 650}


@pytest.fixture
def treated(fleet, pen):
    """The session that has just ended, the next client's, and when the first did."""
    first = fleet.session(pen, {CHEEK: 650})
    fleet.end(pen, first)
    return first, fleet.session(pen, {CHEEK: 650}), clock.now()


def clock_is_off(pen, by, now):
    for before in (60, 30, 0):
        moment = now - timedelta(seconds=before)
        is_on_line(pen, moment, at=rfc3339(moment + by))


@pytest.mark.parametrize("facts", [{"depth_um": 900}, {"depth_um": 500, "zone": FOREHEAD}])
def test_a_device_that_goes_on_in_an_ended_session_is_stopped(pen, treated, rows, facts):
    first, _, ended_at = treated
    now = ended_at + SOON
    arrive(pen.topic(), [deep(now - timedelta(seconds=2), first, **facts)], now=now)
    assert {row["session_id"] for row in rows(STOPS)} == {first}


def test_needling_on_as_planned_in_an_ended_session_stops_the_device_too(
    pen, treated, rows, announced
):
    first, _, ended_at = treated
    now = ended_at + SOON
    arrive(pen.topic(), [deep(now - timedelta(seconds=2), first, depth_um=500)], now=now)
    assert kinds(announced) == ["no_session"]
    assert rows(STOPS) == [{"session_id": first, "reason": "no_session"}]


def test_needling_without_any_session_stops_nobody(pen, rows, announced):
    arrive(pen.topic(), [deep(clock.now() - timedelta(seconds=2), None, depth_um=500)])
    assert (kinds(announced), rows(STOPS)) == (["no_session"], [])


@pytest.mark.parametrize("facts", [{"depth_um": 900}, {"depth_um": 500, "zone": FOREHEAD}])
def test_what_was_measured_in_the_session_and_comes_after_it_stops_nobody(
    pen, treated, rows, announced, facts
):
    first, _, ended_at = treated
    arrive(
        pen.topic(), [deep(ended_at - timedelta(seconds=5), first, **facts)], now=ended_at + SOON
    )
    assert len(kinds(announced)) == 1
    assert "no_session" not in kinds(announced)
    assert rows(STOPS) == []


@pytest.mark.parametrize("off_s", [-45, 45])
def test_before_and_after_the_end_is_by_our_clock(pen, treated, rows, announced, off_s):
    first, _, ended_at = treated
    off = timedelta(seconds=off_s)
    now = ended_at + SOON
    clock_is_off(pen, off, now)
    before, after = ended_at - timedelta(seconds=5) + off, now - timedelta(seconds=2) + off
    arrive(pen.topic(), [deep(before, first)], now=now)
    assert (kinds(announced), rows(STOPS)) == (["depth_over_limit"], [])
    arrive(pen.topic(), [deep(after, first, seq=100, t0=after)], now=now)
    assert {row["session_id"] for row in rows(STOPS)} == {first}


def test_a_backlog_from_after_the_end_is_history(pen, treated, rows, announced):
    first, _, ended_at = treated
    arrive(pen.topic(), [deep(ended_at + SOON, first)], now=ended_at + timedelta(hours=1))
    assert sorted(kinds(announced)) == ["depth_over_limit", "no_session"]
    assert all(alarm["late"] for alarm in announced("alarm_raised"))
    assert rows(STOPS) == []


def test_an_event_from_after_the_end_is_of_the_session_that_is_open(pen, treated, rows, announced):
    first, second, ended_at = treated
    now = ended_at + SOON
    says(pen, "depth_over_limit", now=now, session_id=str(first), **DEEP)
    assert [alarm["session_id"] for alarm in announced("alarm_raised")] == [str(second)]
    assert rows(STOPS) == [{"session_id": second, "reason": "depth_over_limit"}]


def test_an_event_of_an_ended_session_that_nobody_follows_stops_the_device(fleet, pen, rows):
    first = fleet.session(pen, {CHEEK: 650})
    fleet.end(pen, first)
    says(pen, "depth_over_limit", now=clock.now() + SOON, session_id=str(first), **DEEP)
    assert rows(STOPS) == [{"session_id": first, "reason": "depth_over_limit"}]


def test_an_event_of_the_session_that_comes_after_it_stops_nobody(pen, treated, rows, announced):
    first, _, ended_at = treated
    at = ended_at - timedelta(seconds=5)
    says(pen, "depth_over_limit", now=ended_at + SOON, at=at, session_id=str(first), **DEEP)
    assert [alarm["session_id"] for alarm in announced("alarm_raised")] == [str(first)]
    assert rows(STOPS) == []


def test_a_used_cartridge_put_in_after_the_end_stops_the_device(fleet, pen, rows):
    used = fleet.session(pen, {CHEEK: 650}, cartridge=cartridge("used"))
    fleet.end(pen, used)
    first = fleet.session(pen, {CHEEK: 650}, cartridge=cartridge("new"))
    fleet.end(pen, first)
    at = clock.now()
    said = {"session_id": str(first), "cartridge": {"lot": "L", "serial": "used"}}
    says(pen, "cartridge_inserted", 1, now=at + SOON, at=at - timedelta(seconds=5), **said)
    assert rows(STOPS) == []
    says(pen, "cartridge_inserted", 2, now=at + SOON, **said)
    assert rows(STOPS) == [{"session_id": first, "reason": "cartridge_reused"}]


def test_the_next_clients_cartridge_is_not_used_up_by_their_own_session(fleet, pen, announced):
    first = fleet.session(pen, {CHEEK: 650})
    fleet.end(pen, first)
    fleet.session(pen, {CHEEK: 650}, cartridge=cartridge("next"))
    said = {"session_id": str(first), "cartridge": {"lot": "L", "serial": "next"}}
    says(pen, "cartridge_inserted", now=clock.now() + SOON, **said)
    assert kinds(announced) == []


def cartridge(serial):
    return {"lot": "L", "serial": serial, "expires_on": date(2199, 1, 1)}


@pytest.mark.parametrize("how", ["completed", "stopped"])
def test_a_session_that_is_broken_off_is_summarised_as_one_that_is_completed(
    fleet, pen, rows, announced, how
):
    session_id = fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), [deep(clock.now() - timedelta(seconds=2), session_id, depth_um=500)])
    fleet.end(pen, session_id, how)
    [told] = announced("run_summarised")
    assert told["session_id"] == str(session_id)
    assert [(zone["zone"], zone["depth_max_um"]) for zone in told["zones"]] == [(CHEEK, 500)]
    [kept] = rows("SELECT state FROM device_telemetry.sessions")
    assert kept["state"] == how
