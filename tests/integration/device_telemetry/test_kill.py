"""`kill -9` of ingest, broker and door while pens stream: what was acknowledged is there, once."""

import random
import time

from deploy.devicekit import loop
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.machine import eventually
from tests.integration.device_telemetry.readings import a_batch

PENS, BATCHES, N = 8, 60, 20
KILLS = 6


def test_every_acknowledged_batch_is_stored_once_whatever_is_killed(machine, fleet, rows):
    chance = random.Random(20261122)  # noqa: S311 # the same jitter each run
    at = just_now()
    registered = [fleet.pen() for _ in range(PENS)]
    pens = [machine.connected(each, rng=chance) for each in registered]
    machine.start_ingest()
    for number in range(BATCHES):
        for pen in pens:
            pen.record(a_batch(at, seq=N * number, n=N))
        _turn_for(pens, 0.02)
        if number % (BATCHES // KILLS) == BATCHES // KILLS - 1:
            _kill(machine, number)

    assert loop.run_until(pens, lambda: not any(len(pen.store) for pen in pens), seconds=120)
    wanted = PENS * BATCHES
    eventually(lambda: _count(rows) >= wanted, seconds=120)
    machine.stop_ingest()

    assert _count(rows) == wanted
    assert rows("SELECT * FROM device_telemetry.set_aside") == []
    assert rows("SELECT * FROM device_telemetry.gaps") == []
    counted = rows("SELECT sum(samples)::int AS samples FROM device_telemetry.minutes")
    assert counted == [{"samples": wanted * N}]
    covered = rows("SELECT DISTINCT covered FROM device_telemetry.streams")
    assert covered == [{"covered": [0, BATCHES * N]}]
    for pen in pens:
        pen.switch(on=False)


def _turn_for(pens, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        loop.turn(pens, 0.01)


def _kill(machine, number):
    """Kill the ingest process most times, the broker every third time."""
    if number // (BATCHES // KILLS) % 3 == 2:
        machine.own.restart()
    else:
        machine.kill("ingest")
        machine.start("ingest")


def _count(rows):
    return rows("SELECT count(*)::int AS n FROM device_telemetry.batches")[0]["n"]
