"""Readings from MQTT to the committed row, beside COPY of one row a sample in the same run.

Every process of the service runs beside a PostgreSQL and a RabbitMQ that sync to the disk.
"""

import time
from statistics import median
from uuid import UUID

from tests.bench import telemetry_copy as flat
from tests.bench import telemetry_pens as pens
from tests.bench.frame import Asked, Result, Row, say
from tests.bench.telemetry_ground import Ground, Needled, people_with_pens
from tests.bench.telemetry_pens import Found, Load

PENS = 40
MESSAGES = {1: 60_000, 10: 60_000, 100: 30_000}
QUICK = {1: 8_000, 10: 8_000, 100: 6_000}
COPIED, QUICK_COPIED = 1_000_000, 300_000
COMMITS = (1_000, 10_000)
SHARE = 0.8  # of the full rate, for the times of single batches


def run(asked: Asked) -> Result:
    result = Result("telemetry", "samples a second from MQTT at QoS 1 to the committed row")
    ground = Ground()
    flat.create(ground.database)
    ground.up()
    try:
        fleet = people_with_pens(ground, PENS)
        messages = QUICK if asked.quick else MESSAGES
        repetitions = 1 if asked.quick else asked.repetitions
        pens.send(ground, fleet, Load(n=10, batches=50))  # every plan is made, every pool open
        full: dict[int, list[Found]] = {n: [] for n in messages}
        copied: dict[int, list[float]] = {commit: [] for commit in COMMITS}
        notes = {}
        for _ in range(repetitions):
            for n, many in messages.items():
                full[n].append(pens.send(ground, fleet, Load(n, many // PENS)))
                say(f"  {told(n, full[n][-1])}")
            for commit in COMMITS:
                rate, notes[commit] = copy(
                    ground, fleet, QUICK_COPIED if asked.quick else COPIED, commit
                )
                copied[commit].append(rate)
                say(f"  COPY, {commit:,} rows a commit: {rate:,.0f} samples/s, {notes[commit]}")
        for n, runs in full.items():
            pace = SHARE * median(each.rate for each in runs) / n
            steady = pens.send(ground, fleet, Load(n, int(pace * 5 / PENS) + 1, pace))
            result.rows.append(row(f"needlepoint, {n} a message", runs, steady))
            say(f"  at {pace:,.0f} messages/s: {waits(steady)}")
        result.rows += [
            Row(f"COPY, {commit:,} rows a commit", "1x", "samples/s", rates, note=notes[commit])
            for commit, rates in copied.items()
        ]
        best = max(median(rates) for rates in copied.values())
        result.findings += [
            f"{n} a message: {median(each.rate for each in runs) / best:.2f} x COPY"
            for n, runs in full.items()
        ]
    finally:
        ground.down()
    return result


def row(name: str, runs: list[Found], steady: Found) -> Row:
    note = f"{cost(runs[-1])}; at {SHARE:.0%} {waits(steady)}"
    both = [*runs, steady]
    lost, doubled = sum(each.lost for each in both), sum(each.doubled for each in both)
    return Row(name, "1x", "samples/s", [each.rate for each in runs], lost, doubled, note)


def told(n: int, found: Found) -> str:
    return f"{n} a message: {found.rate:,.0f} samples/s, {cost(found)}; {waits(found)}"


def cost(found: Found) -> str:
    million = found.samples / 1e6
    parts = sorted(found.cpu.items(), key=lambda part: -part[1])
    shares = ", ".join(f"{name} {used / million:.1f}" for name, used in parts if used > 0.2)
    total = sum(used for name, used in parts if name != "pens") / million
    return f"{total:.1f} CPU-s a million ({shares}), {found.size / found.samples:.0f} B a sample"


def waits(found: Found) -> str:
    return f"p50 {found.percentile(50):.0f}, p99 {found.percentile(99):.0f} ms to visible"


def copy(ground: Ground, fleet: list[Needled], samples: int, commit: int) -> tuple[float, str]:
    """Copy so many samples and return the rate, and what it cost."""
    ground.sql("TRUNCATE bench.samples")
    ground.sql("CHECKPOINT")
    span = 100 * samples // len(fleet)
    start = int(time.time() * 1000) - span - 1000
    made = flat.rows([UUID(each.device) for each in fleet], samples, 1, start)
    took, used = flat.copy(ground.database, made, commit)
    [[size]] = ground.sql(pens.BYTES, {"table": "bench.samples"})
    million = samples / 1e6
    note = f"{used / million:.1f} CPU-s a million in postgres, {size / samples:.0f} B a sample"
    return samples / took, note
