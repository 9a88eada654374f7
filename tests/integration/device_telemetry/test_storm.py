"""Two thousand pens dropped at once are back within two minutes, and nothing is lost on the way."""

import resource
import sys
import time
from uuid import UUID

import pytest

from deploy.devicekit import loop
from deploy.devicekit.pen import Pen
from shared import db, ids
from tests.integration.device_telemetry.conftest import Registered, a_door, just_now
from tests.integration.device_telemetry.readings import a_batch
from tests.patience import until

PENS = 2000
BACK_WITHIN_S = 120
FILES = 2 * PENS + 1000  # a socket at each end, and room for what else a process has open
N = 5  # readings a batch

COPY_DEVICES = """
INSERT INTO device_telemetry.devices
SELECT (jsonb_populate_record(d, jsonb_build_object('id', made, 'serial', 'STORM-' || made))).*
FROM device_telemetry.devices AS d, unnest(%(ids)s::uuid[]) AS made
WHERE d.id = %(like)s::uuid
"""
COPY_SECRETS = """
INSERT INTO device_telemetry.credentials
SELECT (jsonb_populate_record(c, jsonb_build_object('id', made, 'device_id', made))).*
FROM device_telemetry.credentials AS c, unnest(%(ids)s::uuid[]) AS made
WHERE c.device_id = %(like)s::uuid
"""


@pytest.fixture(scope="module")
def door(room_for_sockets, dsn, mint, tmp_path_factory):
    """A broker of this module's own: two thousand last wills would come in at another's."""
    with a_door(dsn, mint, tmp_path_factory.mktemp("storm")) as made:
        yield made


@pytest.fixture(scope="module")
def room_for_sockets():
    """Let this process and the broker it starts have a socket for each pen."""
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = most == resource.RLIM_INFINITY or most >= FILES
    assert enough, f"The storm needs {FILES} open files; this machine allows {most}."
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before, FILES), most))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))


@pytest.fixture
def crowd(machine, fleet, pen):
    """As many pens as a storm has, each with its own id; they share a secret to be made quickly."""
    made = [ids.new() for _ in range(PENS)]
    with db.transaction(db.EVERY_CLINIC) as tx:
        for copy in (COPY_DEVICES, COPY_SECRETS):
            assert tx.run(copy, {"ids": made, "like": pen.id}) == PENS
    pens = [_kit_of(machine, pen, device_id) for device_id in made]
    yield pens
    for each in pens:
        each.switch(on=False, politely=False)


def _kit_of(machine, pen: Registered, device_id: UUID) -> Pen:
    return Pen(machine.identity(Registered(device_id, pen.clinic, pen.secret)), boot_id=1)


@pytest.mark.timeout(600)  # its patience in all
def test_pens_that_are_dropped_at_once_are_back_in_time_without_loss(machine, crowd, rows):
    machine.start_ingest()
    began = time.monotonic()
    assert loop.run_until(crowd, lambda: _all_are_in(crowd), seconds=240), _counted(crowd)
    came_s = time.monotonic() - began
    at = just_now()
    for pen in crowd:
        pen.record(a_batch(at, n=N, boot_id=1))
    loop.turn(crowd, 0)

    machine.own.control("close_all_connections", "storm")
    dropped = time.monotonic()
    for pen in crowd:
        pen.record(a_batch(at, seq=N, n=N, boot_id=1))
    assert loop.run_until(crowd, lambda: _have_lost(crowd), seconds=60)
    back = loop.run_until(
        crowd,
        lambda: _all_are_in(crowd) and not any(len(pen.store) for pen in crowd),
        seconds=BACK_WITHIN_S - (time.monotonic() - dropped),
    )
    back_s = time.monotonic() - dropped
    assert back, _counted(crowd)
    sys.stdout.write(f"{PENS} pens: in after {came_s:.1f} s, back {back_s:.1f} s after the drop\n")

    count = "SELECT count(*)::int AS n FROM device_telemetry.batches"
    until(lambda: rows(count)[0]["n"] >= 2 * PENS, patience_s=90, otherwise=machine.said)
    machine.stop_ingest()
    assert rows(count) == [{"n": 2 * PENS}]
    assert rows("SELECT DISTINCT covered FROM device_telemetry.streams") == [
        {"covered": [0, 2 * N]}
    ]
    assert rows("SELECT id FROM device_telemetry.set_aside") == []


def _all_are_in(crowd):
    return all(pen.connected for pen in crowd)


def _have_lost(crowd):
    return not all(pen.connected for pen in crowd)


def _counted(crowd):
    connected = sum(pen.connected for pen in crowd)
    return f"{connected} in, {sum(map(len, (pen.store for pen in crowd)))} batches wait"
