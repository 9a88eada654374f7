"""Readings that cannot be stored: their dangers are heard, and they are kept till they can be."""

import json
from datetime import timedelta

import pytest

from deploy.devicekit.wire import as_binary, rfc3339
from services.device_telemetry import timer
from services.device_telemetry.domain import coverage, runs
from services.device_telemetry.usecases import floods, set_aside
from shared import clock, db
from tests.integration.device_telemetry.readings import a_batch, arrive
from tests.integration.device_telemetry.sayings import is_on_line, kinds
from tests.integration.device_telemetry.test_limits import CHEEK, deep

STOPS = """
SELECT body ->> 'reason' AS reason FROM device_telemetry.commands
WHERE command = 'stop' AND body ->> 'reason' <> 'session_ended' ORDER BY made_at, id
"""
ASIDE = "SELECT reason, count(*)::int AS n FROM device_telemetry.set_aside GROUP BY reason"
COUNTED = "SELECT sum(times)::int AS n FROM device_telemetry.set_aside_counts"
STORED = "SELECT coalesce(sum(n), 0)::int AS n FROM device_telemetry.batches"
SEEN = "SELECT last_seen_at FROM device_telemetry.device_states"
HOT = {"depth_um": 0, "temperature_cc": 6000}
HOUR = timedelta(hours=1)


def reasons(rows):
    return [row["reason"] for row in rows(STOPS)]


def due(now):
    replayer = timer.Replayer()
    while replayer(now):
        pass


@pytest.mark.parametrize("off", [HOUR, timedelta(days=27_000), -timedelta(days=20_000)])
def test_a_danger_of_a_wild_clock_stops_the_device(fleet, pen, rows, announced, off):
    session_id, now = fleet.session(pen, {CHEEK: 650}), clock.now()
    is_on_line(pen, now, at=rfc3339(now + off))
    arrive(pen.topic(), [deep(now + off, session_id)], now=now)
    assert (rows(STORED)[0]["n"], [row["n"] for row in rows(ASIDE)]) == (0, [1])
    assert (kinds(announced)[-1], reasons(rows)) == ("depth_over_limit", ["depth_over_limit"])
    assert announced("alarm_raised")[-1]["session_id"] == str(session_id)


def test_a_danger_of_the_future_stops_a_device_that_never_told_its_time(pen, rows):
    arrive(pen.topic(), [deep(clock.now() + HOUR, None, **HOT)])
    assert reasons(rows) == ["motor_hot"]


def test_what_a_wild_clock_took_hours_ago_stops_nobody(pen, rows, announced):
    now = clock.now()
    is_on_line(pen, now, at=rfc3339(now + 5 * HOUR))
    arrive(pen.topic(), [deep(now + 3 * HOUR, None, **HOT)], now=now)
    assert (kinds(announced), reasons(rows)) == (["clock_wild", "motor_hot"], [])
    assert announced("alarm_raised")[-1]["late"]


def test_what_is_over_a_month_old_stops_nobody(pen, rows, announced):
    arrive(pen.topic(), [deep(clock.now() - timedelta(days=31), None, **HOT)])
    assert (kinds(announced), reasons(rows)) == (["motor_hot"], [])


@pytest.mark.parametrize("reason", ["too_many_gaps", "session_full", "overlaps", "contradicts"])
def test_a_danger_in_numbers_that_cannot_be_stops_the_device(fleet, pen, rows, monkeypatch, reason):
    monkeypatch.setattr(coverage, "MOST_RANGES", 1)
    monkeypatch.setattr(runs, "MOST_SAMPLES", 10 if reason == "session_full" else 1000)
    session_id, now = fleet.session(pen, {CHEEK: 650}), clock.now()
    at = now - timedelta(seconds=5)
    arrive(pen.topic(), [as_binary(a_batch(at, session_id=session_id))], now=now)
    seq = {"too_many_gaps": 20, "session_full": 10, "overlaps": 5, "contradicts": 0}[reason]
    arrive(pen.topic(), [deep(at, session_id, seq=seq, **HOT)], now=now)
    assert [row["reason"] for row in rows(ASIDE)] == [reason]
    assert reasons(rows) == ["motor_hot"]


@pytest.mark.parametrize(
    ("facts", "kind"),
    [({"zone": 18}, "wrong_zone"), ({"depth_um": 5001}, "depth_over_limit")],
)
def test_needling_as_no_device_can_stops_the_device(fleet, pen, rows, announced, facts, kind):
    session_id = fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), [as_binary(a_batch(clock.now(), session_id=session_id, **facts))])
    assert [row["reason"] for row in rows(ASIDE)] == ["out_of_range"]
    assert (kinds(announced), reasons(rows)) == ([kind], [kind])


def test_nobody_elses_strange_readings_stop_a_device(fleet, pen, rows, announced):
    stranger = f"pens.{pen.clinic.id}.{fleet.pen().id}x.readings"
    arrive(stranger, [deep(clock.now() + HOUR, None, **HOT)])
    assert (kinds(announced), reasons(rows)) == ([], [])


def test_a_clock_that_is_ahead_loses_no_readings(fleet, pen, rows, monkeypatch, announced):
    monkeypatch.setattr(set_aside, "MOST_OF_A_DEVICE", 5)
    monkeypatch.setattr(floods, "_over", {})  # who flooded in other tests is none of this one's
    session_id, now = fleet.session(pen, {CHEEK: 650}), clock.now()
    bodies = [deep(now + HOUR, session_id, seq=10 * number, depth_um=500) for number in range(29)]
    hot = deep(now + HOUR, session_id, seq=290, **HOT)
    arrive(pen.topic(), [*bodies, hot], now=now)
    arrive(pen.topic(), bodies, now=now)
    assert rows(ASIDE) == [{"reason": "far_future", "n": 30}]
    assert not floods.found()
    stops, seen = reasons(rows), rows(SEEN)
    assert seen == [{"last_seen_at": now}]
    due(now + HOUR)
    assert rows(STORED) == [{"n": 0}]
    due(now + HOUR + timedelta(minutes=6))
    assert (rows(STORED), rows(ASIDE)) == ([{"n": 300}], [])
    assert reasons(rows) == stops == ["motor_hot"]
    assert kinds(announced).count("clock_wild") == 1
    assert rows(SEEN) == seen, "what is stored later says nothing of its device now"
    arrive(pen.topic(), bodies, now=now + 2 * HOUR)
    assert (rows(STORED), rows(ASIDE)) == ([{"n": 300}], [])


def test_what_is_stored_after_its_time_has_come_stops_nobody(fleet, pen, rows, announced):
    now = clock.now()
    later = now + HOUR + timedelta(minutes=6)
    with db.transaction(db.EVERY_CLINIC) as tx:
        source = set_aside.Message(pen.topic(), deep(later, None, **HOT))
        found = [set_aside.Refused(source, None, set_aside.FAILED, "Could not be stored.")]
        set_aside.put_all(tx, found, now)
    due(later)
    assert rows(STORED) == [{"n": 10}]
    assert (kinds(announced), reasons(rows)) == (["motor_hot"], [])


def test_readings_of_wild_clocks_take_so_much_room_and_none_of_others(
    fleet, pen, rows, monkeypatch
):
    at = clock.now() + timedelta(days=100)
    body = as_binary(a_batch(at))
    monkeypatch.setattr(set_aside, "MOST_BYTES_OF_READINGS_OF_A_DEVICE", 3 * len(body))
    monkeypatch.setattr(set_aside, "MOST_BYTES_OF_READINGS", 5 * len(body))
    monkeypatch.setattr(set_aside, "MOST_BYTES", 100)
    for other in (pen, fleet.pen()):
        for number in range(4):
            arrive(other.topic(), [as_binary(a_batch(at, seq=10 * number))])
    assert rows(ASIDE) == [{"reason": "far_future", "n": 5}]
    assert rows(COUNTED) == [{"n": 8}]
    arrive(pen.topic(), [b"{", json.dumps({"v": 2}).encode()])
    assert {row["reason"]: row["n"] for row in rows(ASIDE)} == {
        "far_future": 5,
        "not_json": 1,
        "bad_envelope": 1,
    }


def test_the_year_2100_is_kept_and_never_tried_again(pen, rows):
    arrive(pen.topic(), [as_binary(a_batch(clock.now() + timedelta(days=27_000)))])
    assert rows("SELECT again_at FROM device_telemetry.set_aside") == [{"again_at": None}]
