"""Pens that send at a steady pace while everything behind them is killed, again and again."""

import random
import time

from tests.bench import telemetry_pens as pens
from tests.bench.frame import Row, say
from tests.bench.telemetry_ground import Ground, Needled
from tests.bench.telemetry_pens import Load

PACE, N, SEED = 400, 100, 4
EVERY_S = (2.0, 4.0)


def kills(ground: Ground, fleet: list[Needled], seconds: float) -> Row:
    """Send for so many seconds, and count afterwards what is missing or there twice."""
    chance = random.Random(SEED)  # noqa: S311 # repeatable, not secret
    takers = [name for name, each in ground.kinds.items() if each.kind in {"ingest", "listen"}]
    victims = [*takers, "postgresql", "rabbitmq", "device-telemetry-api"]
    killed = []

    def meanwhile() -> None:
        over = time.monotonic() + seconds
        while time.monotonic() < over:
            time.sleep(chance.uniform(*EVERY_S))
            killed.append(victims[len(killed) % len(victims)])
            ground.kill(killed[-1])

    load = Load(N, int(PACE * seconds / len(fleet)), PACE)
    found = pens.send(ground, fleet, load, meanwhile=meanwhile)
    say(f"  killed {', '.join(killed)}: {found.lost} lost, {found.doubled} doubled")
    note = f"{len(killed)} kills: {', '.join(dict.fromkeys(killed))}"
    return Row(
        "needlepoint, with kills",
        "100 a message",
        "samples",
        [found.samples],
        found.lost,
        found.doubled,
        note,
    )
