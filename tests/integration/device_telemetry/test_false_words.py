"""A clock that lies, and names that are nobody's: what a device says is not what is so."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from deploy.devicekit.wire import as_binary, rfc3339
from services.device_telemetry.domain import runs
from services.device_telemetry.usecases import set_aside, statuses
from shared import clock, db, ids
from shared.schemas.batches import MOST_COUNTED
from tests import people
from tests.integration.device_telemetry.readings import a_batch, arrive

STOPS = """
SELECT device_id FROM device_telemetry.commands
WHERE command = 'stop' AND body ->> 'reason' <> 'session_ended'
"""
OPEN = "SELECT kind, session_id FROM device_telemetry.alarms WHERE cleared_at IS NULL"


def status(pen, *moments):
    for at in moments:
        body = json.dumps({"v": 1, "online": True, "at": rfc3339(at)}).encode()
        arrive(pen.topic("status"), [body], lane="status")


def event(pen, at, name, seq=1, **facts):
    body = {"v": 1, "boot_id": 1, "seq": seq, "at": rfc3339(at), "event": name, **facts}
    arrive(pen.topic("events"), [json.dumps(body).encode()], lane="events")


def test_a_device_whose_clock_was_just_set_right_is_stopped_as_any_other(fleet, pen, rows):
    session_id = fleet.session(pen, {8: 600})
    now = clock.now()
    ahead = now + timedelta(minutes=2)
    status(pen, ahead, ahead, now)
    arrive(pen.topic(), [as_binary(a_batch(now, session_id=session_id, depth_um=900))])
    assert [row["device_id"] for row in rows(STOPS)] == [pen.id]


def test_a_device_that_has_lost_its_clock_is_stopped_as_any_other(fleet, pen, rows):
    fleet.session(pen, {8: 600})
    now = clock.now()
    long_ago = now - timedelta(days=20_000)
    status(pen, now, now, long_ago)
    event(pen, long_ago, "depth_over_limit", zone=8, depth_um=900, limit_um=600)
    assert [row["device_id"] for row in rows(STOPS)] == [pen.id]


@pytest.mark.parametrize("days", [0, 4000])
def test_an_old_cartridge_is_as_old_for_a_device_whose_clock_is_behind(fleet, pen, rows, days):
    cartridge = {"lot": "L9", "serial": "C-9"}
    fleet.session(pen, {8: 600}, cartridge=cartridge | {"expires_on": date(2025, 1, 1)})
    says = clock.now() - timedelta(days=days)
    status(pen, says)
    event(pen, says, "cartridge_inserted", cartridge=cartridge)
    assert "cartridge_expired" in {row["kind"] for row in rows(OPEN)}


def test_an_alarm_names_no_session_but_the_devices_own(fleet, pen, rows, announced):
    theirs = fleet.session(fleet.pen(people.LISBON), {8: 600})
    now = clock.now()
    for number, named in enumerate([ids.new(), theirs, ids.new(), None]):
        hot = a_batch(now, seq=10 * number, session_id=named, temperature_cc=6000)
        arrive(pen.topic(), [as_binary(hot)])
    found = [row["session_id"] for row in rows(OPEN) if row["kind"] == "motor_hot"]
    told = [data["session_id"] for data in announced("alarm_raised") if data["kind"] == "motor_hot"]
    assert (found, told) == ([None], [None])
    assert len(rows(STOPS)) == 1


def test_events_that_name_what_nobody_announced_tell_one_alarm(fleet, pen, rows, announced):
    theirs = fleet.session(fleet.pen(people.LISBON), {8: 600})
    mine = fleet.session(pen, {8: 600})
    now = clock.now()
    for seq, named in enumerate([ids.new(), theirs, ids.new(), mine, None]):
        name = None if named is None else str(named)
        event(pen, now, "depth_over_limit", seq=seq, zone=8, depth_um=900, session_id=name)
    told = [(data["device_id"], data["session_id"]) for data in announced("alarm_raised")]
    assert told == [(str(pen.id), str(mine))]
    assert len(rows(STOPS)) == 1


def test_holes_as_large_as_numbers_can_be_hide_no_other_devices(fleet, pen, rows):
    counting, now = fleet.pen(), clock.now()
    for boot_id in (1, 2, 3):
        for seq in (0, MOST_COUNTED):
            arrive(counting.topic(), [as_binary(replace(a_batch(now, boot_id=boot_id), seq=seq))])
    for seq in (0, 20):
        arrive(pen.topic(), [as_binary(a_batch(now, seq=seq))])
    with db.transaction(db.EVERY_CLINIC) as tx:
        statuses.sweep_gaps(tx, now + timedelta(minutes=16))
    found = "SELECT device_id FROM device_telemetry.alarms WHERE kind = 'gap_open'"
    assert {row["device_id"] for row in rows(found)} == {counting.id, pen.id}


@pytest.mark.parametrize(("bound", "most"), [("MOST_SAMPLES", 30), ("MOST_BATCHES", 3)])
def test_no_device_makes_a_session_larger_than_can_be_summed_up(
    fleet, pen, rows, monkeypatch, bound, most
):
    monkeypatch.setattr(runs, bound, most)
    session_id, now = fleet.session(pen, {8: 600}), clock.now()
    bodies = [
        as_binary(replace(a_batch(now, seq=10 * number, session_id=session_id), t0=now))
        for number in range(5)
    ]
    for body in [*bodies, bodies[0]]:
        arrive(pen.topic(), [body])
    arrive(fleet.pen().topic(), bodies)
    stored = "SELECT samples FROM device_telemetry.runs WHERE device_id = %(device)s"
    assert [row["samples"] for row in rows(stored, device=pen.id)] == [30]
    aside = rows("SELECT device_id, reason FROM device_telemetry.set_aside")
    assert [tuple(row.values()) for row in aside] == [(pen.id, "session_full")] * 2


def test_what_one_device_sends_takes_no_room_of_anothers(fleet, pen, rows, monkeypatch):
    monkeypatch.setattr(set_aside, "MOST_BYTES_OF_A_DEVICE", 1000)
    babbling = fleet.pen()
    for number in range(3):
        arrive(babbling.topic(), [bytes([number]) * 600, bytes([number]) * 601])
    arrive(pen.topic(), [b"x" * 900])
    kept = rows("SELECT device_id, octet_length(body) AS bytes FROM device_telemetry.set_aside")
    assert sorted(tuple(row.values()) for row in kept) == sorted(
        [(babbling.id, 600), (pen.id, 900)]
    )
    counted = "SELECT sum(times)::int AS times FROM device_telemetry.set_aside_counts"
    assert rows(counted) == [{"times": 7}]
