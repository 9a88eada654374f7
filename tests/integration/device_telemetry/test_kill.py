"""`kill -9` of everything while fifty pens stream: what was acknowledged is there, once."""

import random
import threading
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from deploy.devicekit import loop
from deploy.devicekit.pen import Identity, Pen
from tests.bench.telemetry_ground import Ground, people_with_pens
from tests.integration.device_telemetry.readings import a_batch
from tests.patience import until

PENS, N, KILLS, SEED = 50, 20, 20, 20261123
EVERY_S = 0.3  # each pen cuts a batch
IMPOSSIBLE_UM = 6000  # each ninth batch holds what no pen measures
TELEMETRY = ("device-telemetry-api", "device-telemetry-ingest", "device-telemetry-listen")
VICTIMS = {
    "device-telemetry-ingest": 7,
    "device-telemetry-listen": 4,
    "postgresql": 5,
    "rabbitmq": 3,
    "device-telemetry-api": 1,
}
STORED = "SELECT device_id::text || '/' || seq FROM device_telemetry.batches"
ASIDE = "SELECT device_id::text, count(*)::int FROM device_telemetry.set_aside GROUP BY 1"


@pytest.fixture
def ground():
    """A PostgreSQL and a RabbitMQ of this test's own, synced to disk, and what takes readings."""
    made = Ground()
    try:
        for name in TELEMETRY:
            made.start(name)
        made.up_and_heard()
        yield made
    finally:
        made.down()


class Streaming:
    """Fifty pens with a session each, and what they cut."""

    def __init__(self, ground: Ground, chance: random.Random) -> None:
        self.began = datetime.now(UTC) - timedelta(minutes=15)
        self.fleet = people_with_pens(ground, PENS)
        self.good: set[str] = set()
        self.bad = dict.fromkeys((each.device for each in self.fleet), 0)
        self.events = 0
        self._cut_at, self._number = 0.0, 0
        self.pens = [Pen(_identity(ground, each), boot_id=1, rng=chance) for each in self.fleet]

    def turn(self) -> None:
        if time.monotonic() >= self._cut_at:
            self._cut_at = time.monotonic() + EVERY_S
            self._cut()
        loop.turn(self.pens, 0.01)

    def empty(self) -> bool:
        return not any(len(pen.store) for pen in self.pens)

    def _cut(self) -> None:
        for place, (pen, each) in enumerate(zip(self.pens, self.fleet, strict=True)):
            seq, bad = self._number * N, (self._number + place) % 9 == 8
            depth = {"depth_um": IMPOSSIBLE_UM} if bad else {}
            session = UUID(each.session)
            pen.record(a_batch(self.began, seq=seq, n=N, boot_id=1, session_id=session, **depth))
            if bad:
                self.bad[each.device] += 1
            else:
                self.good.add(f"{each.device}/{seq}")
            if self._number % 4 == 0:
                pen.say("needling_started", datetime.now(UTC))
                self.events += 1
        self._number += 1


def _identity(ground: Ground, pen) -> Identity:
    return Identity(
        host="127.0.0.1",
        port=ground.broker.rabbit.mqtt,
        device_id=UUID(pen.device),
        clinic_id=UUID(pen.clinic),
        secret=pen.secret,
    )


@pytest.mark.timeout(900)
def test_every_acknowledged_batch_is_stored_once_or_set_aside_whatever_is_killed(ground):
    chance = random.Random(SEED)  # noqa: S311 # the same kills and jitter each run
    streaming = Streaming(ground, chance)
    names = [name for name, times in VICTIMS.items() for _ in range(times)]
    chance.shuffle(names)
    assert len(names) == KILLS
    for name in names:
        killing = threading.Thread(target=ground.kill, args=(name,))
        killing.start()
        streams_till = time.monotonic() + chance.uniform(1, 3)
        while killing.is_alive() or time.monotonic() < streams_till:
            streaming.turn()
        killing.join()
    assert loop.run_until(streaming.pens, streaming.empty, seconds=300)

    aside = {device: times for device, times in streaming.bad.items() if times}
    count = "SELECT count(*) FROM device_telemetry.device_events"
    until(lambda: len(ground.sql(STORED)) >= len(streaming.good), patience_s=120)
    until(lambda: dict(ground.sql(ASIDE)) == aside, patience_s=60)
    until(lambda: ground.sql(count)[0][0] >= streaming.events, patience_s=60)
    ground.down()

    stored = [row[0] for row in ground.sql(STORED)]
    assert len(stored) == len(set(stored))
    assert set(stored) == streaming.good
    assert dict(ground.sql(ASIDE)) == aside
    reasons = "SELECT DISTINCT reason FROM device_telemetry.set_aside"
    assert ground.sql(reasons) == [("out_of_range",)]
    minutes = "SELECT sum(samples)::bigint FROM device_telemetry.minutes"
    assert ground.sql(minutes) == [(len(stored) * N,)]
    assert ground.sql(count) == [(streaming.events,)]
    print(f"{KILLS} kills, {len(stored)} batches stored, {sum(aside.values())} set aside")  # noqa: T201
