"""Readings from MQTT to the committed row, beside COPY of one row a sample in the same run.

Every process of the service runs beside a PostgreSQL and a RabbitMQ that sync to the disk.  While
pens send at 80 % of what was measured, and then without a pause, others cause alarms.
"""

import time
from collections.abc import Sequence
from statistics import median
from uuid import UUID

from tests.bench import telemetry_copy as flat
from tests.bench import telemetry_pens as pens
from tests.bench.frame import Asked, Result, Row, say
from tests.bench.telemetry_alarms import KINDS, Alarms, Shooting
from tests.bench.telemetry_ground import Ground, people_with_pens
from tests.bench.telemetry_history import OLD, History
from tests.bench.telemetry_kills import kills
from tests.bench.telemetry_peer import Peer, installed
from tests.bench.telemetry_pens import Found, Load

PENS, SHOOTERS = 40, 80
MESSAGES = {1: 40_000, 10: 40_000, 100: 20_000}
QUICK = {1: 8_000, 10: 8_000, 100: 6_000}
SIZES = {"1x": 1, "4x": 4, "16x": 16}  # millions of samples that are there before
COPIED, QUICK_COPIED = 1_000_000, 300_000
COMMITS = (1_000, 10_000)
SHARES = (0.8, 1.0)  # of the full rate, at which alarms are caused; 1: without a pause
LOADED_S, QUICK_LOADED_S = 15, 6


class Bench:
    """One run of the benchmark: the ground, the pens, and what has been found."""

    def __init__(self, asked: Asked, ground: Ground) -> None:
        self.quick, self.ground = asked.quick, ground
        self.repetitions = 1 if asked.quick else asked.repetitions
        self.result = Result(
            "telemetry", "samples a second from MQTT at QoS 1 to the committed row"
        )
        fleet = people_with_pens(ground, PENS + SHOOTERS)
        self.fleet, self.shooters = fleet[:PENS], fleet[PENS:]
        self.copied = QUICK_COPIED if asked.quick else COPIED
        self._copies = 0
        self.bridge = Peer(ground) if installed() else None
        if not self.bridge:
            self.result.findings.append("mq-bridge is not installed here: `make bench` installs it")

    def all(self) -> None:
        pens.send(self.ground, self.fleet, Load(10, 50))  # every plan is made, every pool open
        history = self.history()
        for size, copies in ({"quick": 0} if self.quick else SIZES).items():
            history.grow(copies)
            self.size(size)
        self.odd_ones()
        self.result.rows.append(kills(self.ground, self.fleet, 10 if self.quick else 40))
        self.result.findings.append(minutes(self.ground))
        if found := self.peer(100, QUICK[100], killed=True):
            self.result.rows.append(row("mq-bridge, killed once", "100 a message", found))

    def history(self) -> History:
        """Store a million samples in each table; these are what history is made of."""
        found = pens.send(self.ground, self.fleet, Load(100, self.copied // 100 // PENS))
        boot, _, _ = self.copy(10_000)
        return History(self.ground, found.boot, boot)

    def size(self, size: str) -> None:
        """Measure everything with so much in the tables."""
        say(f"telemetry, {size}")
        many = QUICK if self.quick else MESSAGES
        ours: dict[int, list[Found]] = {n: [] for n in many}
        peers: dict[int, list[Found]] = {n: [] for n in many}
        copies: dict[int, list[tuple[float, str]]] = {commit: [] for commit in COMMITS}
        for _ in range(self.repetitions):
            for n, messages in many.items():
                ours[n].append(pens.send(self.ground, self.fleet, Load(n, messages // PENS)))
                say(f"  {n} a message: {rated(ours[n][-1])}")
                if size in {"1x", "quick"}:  # its table is its own, and does not grow with ours
                    peers[n] += self.peer(n, QUICK[n])
            for commit in COMMITS:
                copies[commit].append(self.copy(commit)[1:])
        rows = [row(f"needlepoint, {n} a message", size, runs) for n, runs in ours.items()]
        rows += [row(f"mq-bridge, {n} a message", size, runs) for n, runs in peers.items() if runs]
        for commit, rates in copies.items():
            name, note = f"COPY, {commit:,} rows a commit", rates[-1][1]
            rows.append(Row(name, size, "samples/s", [rate for rate, _ in rates], note=note))
        self.result.rows += rows
        best = max(each.median for each in rows if each.system.startswith("COPY"))
        for n, runs in ours.items():
            rate = median(each.rate for each in runs)
            self.result.findings.append(f"{size}, {n} a message: {rate / best:.2f} x COPY")
            for share in SHARES:
                self.loaded(size, n, share, rate / n)

    def loaded(self, size: str, n: int, share: float, full: float) -> None:
        """Cause alarms while pens send `full` messages a second, or a share of them."""
        seconds = QUICK_LOADED_S if self.quick else LOADED_S
        load = Load(n, int(share * full * seconds / PENS) + 1, 0 if share == 1 else share * full)
        shooting = Shooting(self.ground, self.shooters, 0.6 * seconds)
        found = pens.send(self.ground, self.fleet, load, meanwhile=shooting.go)
        alarms = shooting.found()
        at = f"{size}, {n} a message, {share:.0%}"
        for each in alarms.values():
            say(f"  alarm {KINDS[each.kind]} at {at}: {each.summary()}")
        say(f"  {at}: {found.rate:,.0f} samples/s, {waits(found)}")
        self.result.rows += [alarm_row(at, each) for each in alarms.values()]
        latency = Row("needlepoint, publish to visible", at, "ms, p99", [found.percentile(99)])
        latency.lost, latency.doubled, latency.note = found.lost, found.doubled, waits(found)
        self.result.rows.append(latency)

    def odd_ones(self) -> None:
        """Send as JSON, then a tenth twice, then all in disorder."""
        batches = (QUICK if self.quick else MESSAGES)[100] // PENS
        for name, load in {
            "as JSON": Load(100, batches, kind="json"),
            "10 % repeated": Load(100, batches, repeats=0.1),
            "in disorder within 200": Load(100, batches, shuffle=200),
        }.items():
            found = pens.send(self.ground, self.fleet, load)
            say(f"  100 a message, {name}: {rated(found)}")
            self.result.rows.append(row(f"needlepoint, {name}", "100 a message", [found]))

    def peer(self, n: int, messages: int, *, killed: bool = False) -> list[Found]:
        """Send as much to the other program, in JSON; nothing where it is not installed."""
        if not self.bridge:
            return []
        with self.bridge.up():
            found = self.bridge.send(self.fleet, n, messages // PENS, killed=killed)
        say(f"  mq-bridge, {n} a message: {rated(found)}; {found.lost} lost")
        return [found]

    def copy(self, commit: int) -> tuple[int, float, str]:
        """Copy as many samples; return the boot, the rate, and what it cost."""
        self._copies += 1
        devices = [UUID(each.device) for each in self.fleet]
        start = int(time.time() * 1000) - 100 * self.copied // PENS - 1000
        made = flat.rows(devices, self.copied, self._copies, start)
        self.ground.sql("CHECKPOINT")
        size = pens.table_size(self.ground, "bench.samples")
        took, used = flat.copy(self.ground.database, made, commit)
        size = pens.table_size(self.ground, "bench.samples") - size
        cost = f"{used / self.copied * 1e6:.1f} CPU-s a million in postgres"
        rate, note = self.copied / took, f"{cost}, {size / self.copied:.0f} B a sample"
        say(f"  COPY, {commit:,} rows a commit: {rate:,.0f} samples/s, {note}")
        return self._copies, rate, note


def run(asked: Asked) -> Result:
    ground = Ground()
    flat.create(ground.database)
    ground.up()
    try:
        bench = Bench(asked, ground)
        bench.all()
    finally:
        ground.down()
    return bench.result


def row(name: str, size: str, runs: Sequence[Found]) -> Row:
    lost, doubled = sum(each.lost for each in runs), sum(each.doubled for each in runs)
    return Row(
        name, size, "samples/s", [each.rate for each in runs], lost, doubled, summary(runs[-1])
    )


def alarm_row(at: str, found: Alarms) -> Row:
    name = f"alarm {KINDS[found.kind]}"
    return Row(name, at, "ms, p95", [found.p95], found.lost, found.doubled, found.summary())


def summary(found: Found) -> str:
    """Return what a run cost, and how long a batch took."""
    million = found.samples / 1e6
    parts = sorted(found.cpu.items(), key=lambda part: -part[1])
    shares = ", ".join(f"{name} {used / million:.1f}" for name, used in parts if used > 0.2)
    total = sum(used for name, used in parts if name != "pens") / million
    size = found.size / found.samples
    return f"{total:.1f} CPU-s a million ({shares}), {size:.0f} B a sample; {waits(found)}"


def rated(found: Found) -> str:
    return f"{found.rate:,.0f} samples/s, {summary(found)}"


def waits(found: Found) -> str:
    return f"p50 {found.percentile(50):.0f}, p99 {found.percentile(99):.0f} ms to visible"


def minutes(ground: Ground) -> str:
    """Say whether the minutes hold every sample of all runs, once."""
    [[counted]] = ground.sql("SELECT sum(samples)::bigint FROM device_telemetry.minutes")
    [[stored]] = ground.sql(
        "SELECT sum(n)::bigint FROM device_telemetry.batches WHERE boot_id < %(old)s", {"old": OLD}
    )
    return f"samples in all runs: {stored:,} in batches, {counted:,} in minutes"
