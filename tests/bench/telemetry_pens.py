"""A run of pens against the platform: how fast it became durable, what it cost, what is there."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from deploy.devicekit.pen import WINDOW
from tests import lifetimes
from tests.bench.telemetry_ground import Ground, Needled, plans

_boots = count(1)
# All rows of a run in the order of the generator's table.
ARRIVED = """
SELECT
    device_id::text, seq / n,
    extract(EPOCH FROM pg_xact_commit_timestamp(xmin))::float8
FROM device_telemetry.batches WHERE boot_id = %(boot)s
"""
COVERED = "SELECT covered FROM device_telemetry.streams WHERE boot_id = %(boot)s"
COUNTED = """
SELECT
    count(*), count(DISTINCT (device_id, boot_id, seq)), coalesce(sum(n), 0)::bigint
FROM device_telemetry.batches WHERE boot_id = %(boot)s
"""
BYTES = """
SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits
WHERE inhparent = %(table)s::regclass
"""


@dataclass(frozen=True, slots=True)
class Load:
    """`batches` a pen of `n` samples; `pace`: messages a second in all, 0 without a pause."""

    n: int
    batches: int
    pace: float = 0
    repeats: float = 0
    shuffle: int = 0
    kind: str = "readings"
    user: str = ""  # the pen's own id
    root: str = "pens"  # of the topics


@dataclass(slots=True)
class Found:
    """What became of a run.  Latencies in milliseconds, from the first sending to the commit."""

    boot: int
    samples: int
    seconds: float
    latencies: np.ndarray
    lost: int
    doubled: int
    size: int = 0
    cpu: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return self.samples / self.seconds

    def percentile(self, which: float) -> float:
        return float(np.percentile(self.latencies, which))


class Running:
    """A generator process that is ready, or at work."""

    def __init__(self, ground: Ground, pens: list[Needled], load: Load) -> None:
        self.pens, self.load, self.boot = pens, load, next(_boots)
        span = load.n * load.batches * 100
        self.file = lifetimes.folder() / f"pens-{self.boot}.json"
        told: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": ground.broker.rabbit.mqtt,
            "pens": plans(pens),
            "boot": self.boot,
            "window": WINDOW,
            "t0_ms": int(time.time() * 1000) - span - 1000,
            **{name: getattr(load, name) for name in Load.__slots__},
        }
        self.file.write_text(json.dumps(told), encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.peers.pens", str(self.file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("The pens could not connect.")

    @property
    def messages(self) -> int:
        return len(self.pens) * self.load.batches

    def go(self) -> None:
        self.process.stdin.write("go\n")
        self.process.stdin.close()

    def wait(self) -> dict[str, Any]:
        """Return what the generator says once everything is acknowledged."""
        told = json.loads(self.process.stdout.readline())
        self.process.wait()
        self.process.stdout.close()
        return told

    def sent_at(self) -> np.ndarray:
        """Return when each batch was first sent: a row a pen, seconds since 1970."""
        return np.load(self.file.with_suffix(".npy"))


def send(
    ground: Ground,
    pens: list[Needled],
    load: Load,
    *,
    meanwhile: Callable[[], None] | None = None,
    patience_s: float = 300,
) -> Found:
    """Let pens send, wait until every sample is committed or no more come, and count."""
    ground.sql("CHECKPOINT")
    running = Running(ground, pens, load)
    size, cpu = table_size(ground), ground.cpu_s()
    running.go()
    if meanwhile:
        meanwhile()
    told = running.wait()
    wait_until_stored(ground, running, patience_s)
    used = {name: seconds - cpu.get(name, 0) for name, seconds in ground.cpu_s().items()}
    used["pens"] = told["cpu_s"]
    [[stored, distinct, samples]] = ground.sql(COUNTED, {"boot": running.boot})
    sent = running.sent_at()
    arrived = arrivals(ground, running, sent.shape)
    return Found(
        boot=running.boot,
        samples=samples,
        seconds=float(np.nanmax(arrived) - sent.min()),
        latencies=1000 * (arrived - sent)[~np.isnan(arrived)],
        lost=running.messages - distinct,
        doubled=stored - distinct,
        size=table_size(ground) - size,
        cpu=used,
    )


def wait_until_stored(ground: Ground, running: Running, patience_s: float) -> bool:
    """Wait until streams cover all samples; False when nothing more came for so long."""
    wanted = running.messages * running.load.n
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < patience_s:
        found = sum(_covered(row) for [row] in ground.sql(COVERED, {"boot": running.boot}))
        if found >= wanted:
            return True
        if found != seen:
            seen, since = found, time.monotonic()
        time.sleep(0.1)
    return False


def arrivals(ground: Ground, running: Running, shape: tuple[int, ...]) -> np.ndarray:
    """Return when each batch was committed, by the server's own commit times; nan: it is not."""
    found = np.full(shape, np.nan)
    places = {pen.device: number for number, pen in enumerate(running.pens)}
    for device, number, at in ground.sql(ARRIVED, {"boot": running.boot}):
        found[places[device], number] = at
    return found


def table_size(ground: Ground, table: str = "device_telemetry.batches") -> int:
    return ground.sql(BYTES, {"table": table})[0][0]


def _covered(row: list[int]) -> int:
    return sum(row[1::2]) - sum(row[::2])
