"""A broker short of memory: what it holds drains all the same, and a stop is said later.

It stops reading from whoever publishes, so nobody who acknowledges does.
"""

from deploy.devicekit import loop
from services.device_telemetry.usecases import commands
from shared import clock, db
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch
from tests.patience import until

BATCHES = 40


def test_readings_drain_while_the_broker_is_short_of_memory_and_a_stop_is_said_after(
    machine, fleet, pen, rows
):
    heard = []
    mine = machine.connected(pen, on_command=heard.append)
    machine.start("listen")
    session_id = fleet.session(pen, {8: 1100})
    assert loop.run_until([mine], lambda: heard, seconds=60)
    at = just_now()
    for number in range(BATCHES):
        mine.record(a_batch(at, seq=10 * number, session_id=session_id))
    assert loop.run_until([mine], lambda: not len(mine.store), seconds=60)

    machine.own.control("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        until(lambda: _alarmed(machine))
        with db.transaction(db.EVERY_CLINIC) as tx:
            tx.run("UPDATE device_telemetry.commands SET done_at = now()")
            commands.stop(
                tx,
                pen.id,
                pen.clinic.id,
                session_id=session_id,
                reason="depth_over_limit",
                now=clock.now(),
            )
        until(lambda: _tried(rows))
        machine.start("ingest")
        until(lambda: _stored(rows) == BATCHES)
        drained = "SELECT drained_at FROM device_telemetry.lanes WHERE lane = 'events'"
        [before] = rows(drained)
        until(lambda: rows(drained) != [before])
        assert [each["command"] for each in heard] == ["set_limits"]
    finally:
        machine.own.control("set_vm_memory_high_watermark", "0.9")
    assert loop.run_until([mine], lambda: heard[1:], seconds=90)
    assert heard[1]["command"] == "stop"
    machine.stop_ingest()
    mine.switch(on=False)


def _alarmed(machine):
    nodes = machine.broker.management.call("GET", "nodes")
    return any(node.get("mem_alarm") for node in nodes)


def _tried(rows):
    """Say whether the stop was claimed, and given back when the broker did not answer."""
    found = rows("SELECT attempts FROM device_telemetry.commands WHERE command = 'stop'")
    return found == [{"attempts": 1}]


def _stored(rows):
    return rows("SELECT count(*)::int AS n FROM device_telemetry.batches")[0]["n"]
