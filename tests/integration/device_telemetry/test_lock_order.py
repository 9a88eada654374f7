"""Whoever has several devices in hand holds them first, and in order."""

from datetime import timedelta

import pytest
from psycopg2.errors import LockNotAvailable

from deploy.devicekit.wire import as_binary
from services.device_telemetry import timer
from services.device_telemetry.domain.alarms import GAP_OPEN
from services.device_telemetry.store import devices, readback, states
from services.device_telemetry.usecases import readings, replays, sessions, statuses
from services.device_telemetry.usecases.set_aside import Message
from shared import clock, db, ids
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch, arrive
from tests.integration.device_telemetry.sayings import is_on_line

KINDS = "SELECT kind FROM device_telemetry.alarms"


@pytest.mark.parametrize(
    ("job", "kind", "later"),
    [
        (sessions.sweep_unknown, "no_session", timedelta(minutes=1)),
        (statuses.sweep_gaps, "gap_open", 2 * GAP_OPEN),
    ],
)
def test_alarms_of_several_devices_wait_for_who_has_one_of_them_in_hand(
    pen, rows, job, kind, later
):
    unknown = {"session_id": ids.new(), "boot_id": 5}
    bodies = [as_binary(a_batch(just_now(), seq=seq, **unknown)) for seq in (0, 50)]
    arrive(pen.topic(), bodies)
    now = clock.now() + later
    _waits(job, pen, now)
    assert kind in [row["kind"] for row in rows(KINDS)]


def test_silence_of_a_device_waits_for_who_has_it_in_hand_and_so_does_its_end(fleet, pen, rows):
    fleet.session(pen, {8: 650})
    is_on_line(pen)
    silent = "SELECT cleared_at IS NULL AS open FROM device_telemetry.alarms WHERE kind = 'silent'"
    now = clock.now() + timedelta(seconds=80)
    _waits(statuses.sweep, pen, now)
    assert rows(silent) == [{"open": True}]
    later = now + timedelta(seconds=5)
    is_on_line(pen, later)
    _waits(statuses.sweep, pen, later)
    assert rows(silent) == [{"open": False}]


def test_whoever_looks_for_silence_holds_all_at_once_and_in_order(fleet, monkeypatch):
    silent, gone, back = (fleet.pen() for _ in range(3))
    now = clock.now() + timedelta(seconds=100)
    for each in (gone, back):
        is_on_line(each)
    fleet.session(silent, {8: 650})
    with db.transaction(db.EVERY_CLINIC) as tx:
        states.gone(tx, back.id)
    arrive(back.topic(), [as_binary(a_batch(now))], now=now)
    held, hold = [], devices.hold
    monkeypatch.setattr(devices, "hold", lambda tx, ids: held.append(set(ids)) or hold(tx, ids))
    with db.transaction(db.EVERY_CLINIC) as tx:
        statuses.sweep(tx, now)
    assert held == [{silent.id, gone.id, back.id}]


def _waits(job, pen, now):
    """Run a job, which does nothing while somebody else has the device in hand."""
    with db.transaction(db.EVERY_CLINIC) as tx:
        devices.hold(tx, [pen.id])
        with pytest.raises(LockNotAvailable), db.transaction(db.EVERY_CLINIC) as other:
            other.run("SET LOCAL lock_timeout = '200ms'")
            job(other, now)
    with db.transaction(db.EVERY_CLINIC) as tx:
        job(tx, now)


def test_late_readings_do_not_wait_while_their_session_is_summed_up_nor_are_left_out(
    fleet, pen, announced, monkeypatch
):
    """To sum up hours takes seconds, and readings of many other devices come with the late ones."""
    at, session_id = just_now(), fleet.session(pen, {8: 650})
    late = [as_binary(a_batch(at, seq=seq, session_id=session_id)) for seq in (0, 10, 20)]
    arrive(pen.topic(), late[:1])
    fleet.end(pen, session_id)
    now = clock.now()
    arrive(pen.topic(), late[1:2], now=now)
    parts = readback.parts

    def come_meanwhile(tx, where):
        read = list(parts(tx, where))
        if late:
            with db.transaction(db.EVERY_CLINIC) as other:
                other.run("SET LOCAL lock_timeout = '2s'")
                body = late.pop()
                readings.store(other, [Message(pen.topic(), body)], now + timedelta(seconds=1))
            late.clear()
        return read

    monkeypatch.setattr(readback, "parts", come_meanwhile)
    more = True
    while more:
        with db.transaction(db.EVERY_CLINIC) as tx:
            more = sessions.summarise_due(tx, now + timedelta(minutes=1))
    assert [told["zones"][0]["samples"] for told in announced("run_summarised")] == [10, 20, 30]


def test_what_was_set_aside_of_several_devices_is_tried_one_device_at_a_time(fleet, rows):
    """Whoever stores readings holds devices' streams in order, and those that are due have none."""
    now, ahead = clock.now(), timedelta(minutes=10)
    pens = sorted((fleet.pen(), fleet.pen()), key=lambda pen: pen.id)
    for pen in pens:
        arrive(pen.topic(), [as_binary(a_batch(now + ahead))], now=now)
    stored = "SELECT count(*)::int AS n FROM device_telemetry.batches"
    later = now + 2 * ahead
    with db.transaction(db.EVERY_CLINIC) as tx:
        assert replays.senders_due(tx, later) == [pen.id for pen in pens]
        assert replays.replay_due(tx, pens[1].id, later)
        assert tx.all(stored) == [{"n": 1}]
    assert timer.Replayer()(later) is False
    assert rows(stored) == [{"n": 2}]
