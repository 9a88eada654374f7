"""The event bus beside Celery and Dramatiq: speed, what kills cost, and how long one event takes.

Every system works with the same PostgreSQL (synced to disk), broker, kind of queue (quorum),
publisher confirms, inbox table and effect.  Ours starts from committed outbox rows; the peers have
none and start from two announcing processes, which publish while the workers work.
"""

import random
import time

from tests.bench import systems
from tests.bench.frame import Asked, Result, Row, say, take_turns
from tests.bench.grounds import Grounds
from tests.bench.systems import go

SIZES = {"1x": 1_000, "4x": 4_000, "16x": 16_000}
WARM_UP = 300
PACE, PACED_S = 500, 10
KILL_PACE, KILL_S, KILLS, SEED = 300, 20, 6, 11
LATENCY = """
SELECT percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (
    ORDER BY 1000 * extract(
        EPOCH FROM pg_xact_commit_timestamp(e.xmin) - pg_xact_commit_timestamp(f.xmin)
    )
)
FROM web.effects AS e INNER JOIN booking.facts AS f ON e.id = f.id
"""


def run(asked: Asked) -> Result:
    grounds = Grounds()
    known = systems.known(grounds)
    result = Result("events", "events a second from the outbox to the committed effect")
    sizes = {"1x": 500} if asked.quick else SIZES
    for size, count in sizes.items():
        say(f"throughput, {count:,} events")
        figures = take_turns(
            list(known), asked.repetitions, lambda name, n=count: rate(known[name], grounds, n)
        )
        for name, found in figures.items():
            result.rows.append(Row(name, f"{size} {count:,}", "events/s", found))
    relayed = [relay_rate(known["needlepoint"], grounds, count) for _ in range(asked.repetitions)]
    result.rows.append(Row("needlepoint, relay alone", f"{count:,}", "events/s", relayed))
    for name in ("needlepoint", "celery", "dramatiq"):
        result.rows += [latency(known[name], grounds), kills(known[name], grounds)]
    result.findings = compare(result.rows, list(sizes)[-1])
    return result


def rate(system, grounds, count):
    """Return events a second, after a warm-up."""
    grounds.clean()
    with system.up():
        system.carry(WARM_UP)
        grounds.clean()
        return count / system.carry(count)


def relay_rate(system, grounds, count):
    """Return how many events a second the relay publishes and forgets, with nobody else at work."""
    grounds.clean()
    with system.relay_only():
        system.publish(WARM_UP)
        return count / system.publish(count)


def latency(system, grounds):
    """Return from commit to commit at a steady pace, by the server's own commit times."""
    grounds.clean()
    count = PACE * PACED_S
    with system.up():
        system.carry(WARM_UP)
        grounds.clean()
        announcer = system.announcer(0, count, pace=PACE, facts=True)
        go(announcer)
        grounds.wait_for_effects(count, patience_s=120)
        announcer.wait()
        announcer.stdout.close()
    [[found]] = grounds.sql(LATENCY)
    note = "p50 {:.0f}, p95 {:.0f}, p99 {:.0f} ms".format(*found)
    say(f"  {system.name}: commit to effect at {PACE}/s: {note}")
    return Row(system.name, f"{PACE}/s", "ms, p95", [found[1]], note=note)


def kills(system, grounds):
    """Announce at a steady pace, kill everything now and then, and count what is missing."""
    grounds.clean()
    chance = random.Random(SEED)  # noqa: S311 # repeatable, not secret
    count = KILL_PACE * KILL_S
    with system.up():
        announcer = system.announcer(0, count, pace=KILL_PACE, facts=True)
        go(announcer)
        for turn in range(KILLS):
            time.sleep(chance.uniform(1.5, 3.0))
            system.kill_one(turn)
            announcer = _killed(system, grounds, announcer, count)
            if turn == KILLS // 2:
                grounds.kill_broker()
                grounds.start_broker()
        announcer.wait()
        announcer.stdout.close()
        wait_until_quiet(system, grounds)
    facts, effects = grounds.count("booking.facts"), grounds.count("web.effects")
    [[distinct]] = grounds.sql("SELECT count(DISTINCT id) FROM web.effects")
    lost, doubled = facts - distinct, effects - distinct
    say(f"  {system.name}: {facts:,} committed, {lost} lost, {doubled} doubled")
    return Row(system.name, "with kills", "effects", [distinct], lost, doubled, f"of {facts:,}")


def _killed(system, grounds, announcer, count):
    """Kill the announcer too, and let its successor go on after the last row it committed."""
    if announcer.poll() is not None:
        return announcer
    announcer.kill()
    announcer.wait()
    announcer.stdout.close()
    [[last]] = grounds.sql("SELECT coalesce(max(number), -1) FROM booking.facts")
    successor = system.announcer(last + 1, count, pace=KILL_PACE, facts=True)
    go(successor)
    return successor


def wait_until_quiet(system, grounds, *, quiet_s=12, patience_s=240):
    """Wait until no new effect has come for a while and nothing waits in the queue."""
    deadline = time.monotonic() + patience_s
    seen, since = -1, time.monotonic()
    while time.monotonic() < deadline:
        now_seen = grounds.count("web.effects")
        if now_seen != seen or system.messages() or grounds.count("booking.outbox"):
            seen, since = now_seen, time.monotonic()
        elif time.monotonic() - since > quiet_s:
            return
        time.sleep(0.5)


def compare(rows, size):
    """Say how many times as fast as each peer we were, in the same run."""
    rates = {row.system: row.median for row in rows if row.size.startswith(f"{size} ")}
    ours = rates["needlepoint"]
    return [
        f"needlepoint / {name} at {size}: {ours / figure:.1f} x"
        for name, figure in rates.items()
        if name != "needlepoint"
    ]
