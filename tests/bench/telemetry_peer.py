"""mq-bridge 1.2 beside us: another program that stores MQTT messages durably in PostgreSQL.

It keeps each message as one row, in JSON as it came: no dedupe by sample number, no limits, alarms,
minutes or gaps.  The broker, the database, the pens and the samples are the same.
"""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from deploy.native import ports
from tests import lifetimes
from tests.bench import proc
from tests.bench.telemetry_ground import Ground, Needled
from tests.bench.telemetry_pens import Found, Load, Running

USER, SECRET = "peer", "of the benchmark"
TABLE = """
CREATE TABLE bench.bridged (
    device_id text,
    boot_id bigint,
    seq bigint,
    body text NOT NULL,
    PRIMARY KEY (device_id, boot_id, seq)
)
"""
ARRIVED = """
SELECT device_id, seq, extract(EPOCH FROM pg_xact_commit_timestamp(xmin))::float8
FROM bench.bridged WHERE boot_id = %(boot)s
"""
STORED = "SELECT count(*) FROM bench.bridged WHERE boot_id = %(boot)s"


def installed() -> bool:
    """Say whether the peer is there: `make bench` installs it."""
    return importlib.util.find_spec("mq_bridge") is not None


class Peer:
    """The bridge as a process of its own, beside the platform's idle ones."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        ground.sql(TABLE)
        api = ground.broker.rabbit.api
        api.add_user(USER, SECRET)
        api.permit(USER, "/", ".*", ".*", ".*")

    @contextmanager
    def up(self) -> Iterator[None]:
        self._start()
        try:
            yield
        finally:
            self.running.send_signal(signal.SIGKILL)
            self.running.wait()

    def kill(self) -> None:
        """`kill -9` the bridge and start its successor."""
        self.running.kill()
        self.running.wait()
        self._start()

    def send(self, pens: list[Needled], n: int, batches: int, *, killed: bool = False) -> Found:
        """Let pens send, and wait until all rows are committed or no more come."""
        ground = self._ground
        ground.sql("CHECKPOINT")
        mine = [Needled(pen.device, pen.clinic, SECRET, pen.session) for pen in pens]
        running = Running(ground, mine, Load(n, batches, kind="bridge", user=USER, root="peer"))
        size, cpu = self._size(), self._cpu_s()
        running.go()
        if killed:
            time.sleep(1)
            self.kill()
        running.wait()
        self._wait(running)
        cpu = {name: used - cpu[name] for name, used in self._cpu_s().items()}
        sent = running.sent_at()
        arrived = np.full(sent.shape, np.nan)
        places = {pen.device: number for number, pen in enumerate(pens)}
        for device, seq, at in ground.sql(ARRIVED, {"boot": running.boot}):
            arrived[places[device], seq // n] = at
        there = ~np.isnan(arrived)
        return Found(
            boot=running.boot,
            samples=int(there.sum()) * n,
            seconds=float(np.nanmax(arrived) - sent.min()),
            latencies=1000 * (arrived - sent)[there],
            lost=int((~there).sum()),
            doubled=0,  # the key would not have it
            size=self._size() - size,
            cpu=cpu,
        )

    def _wait(self, running: Running) -> None:
        seen, since = -1, time.monotonic()
        while time.monotonic() - since < 30:
            [[found]] = self._ground.sql(STORED, {"boot": running.boot})
            if found == running.messages:
                return
            if found != seen:
                seen, since = found, time.monotonic()
            time.sleep(0.1)

    def _size(self) -> int:
        return self._ground.sql("SELECT pg_total_relation_size('bench.bridged')")[0][0]

    def _cpu_s(self) -> dict[str, float]:
        return self._ground.cpu_s() | proc.used_s({"mq-bridge": self.running.pid})

    def _start(self) -> None:
        rabbit = self._ground.broker.rabbit
        told = {
            "MQTT_URL": f"tcp://{ports.LOOPBACK}:{rabbit.mqtt}",
            "MQTT_USER": USER,
            "MQTT_PASSWORD": SECRET,
            "DATABASE_URL": self._ground.database.dsn(),
        }
        with (lifetimes.folder() / "bridge.log").open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.peers.bridge"],
                env=os.environ | told,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 60
        while not self._subscribed():
            if time.monotonic() > deadline:
                raise RuntimeError("mq-bridge does not subscribe.")
            time.sleep(0.2)

    def _subscribed(self) -> bool:
        queues = self._ground.broker.rabbit.api.call("GET", "queues/%2F")
        return any(
            each["name"].startswith("mqtt-subscription-bridge") and each.get("consumers")
            for each in queues
        )
