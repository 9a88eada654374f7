"""What must stand at the broker before a device may connect.

RabbitMQ acknowledges to a device what nobody listens to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

READINGS, UNROUTED = "telemetry.readings", "telemetry.unrouted"
SHARDS = tuple(f"{READINGS}.{number}" for number in range(4))
ENTRANCE = "amq.topic"
EVENTS, STATUS = LANES = ("telemetry.events", "telemetry.status")
# (from, to, routing key): deploy/rabbitmq/definitions.json declares them; a guard compares.
BINDINGS = frozenset(
    {
        (ENTRANCE, READINGS, "pens.*.*.readings"),
        (ENTRANCE, EVENTS, "pens.*.*.events"),
        (ENTRANCE, STATUS, "pens.*.*.status"),
        (UNROUTED, UNROUTED, ""),
        *((READINGS, shard, "100") for shard in SHARDS),
    }
)
# What these route to nobody goes to UNROUTED instead of nowhere.
CAUGHT = frozenset({ENTRANCE, READINGS})


@dataclass(frozen=True, slots=True)
class Found:
    """What the broker has: its bindings, and where each exchange sends what it cannot route."""

    bindings: frozenset[tuple[str, str, str]]
    alternates: Mapping[str, str | None] = field(default_factory=dict)


def missing(found: Found) -> list[str]:
    """Return what is missing, in words for the log; empty: whatever is acknowledged is kept."""
    unbound = [f"{source} -> {to} ({key})" for source, to, key in BINDINGS - found.bindings]
    loose = [f"{name} drops what it cannot route" for name in CAUGHT if not _caught(found, name)]
    return sorted(unbound) + sorted(loose)


def _caught(found: Found, exchange: str) -> bool:
    return found.alternates.get(exchange) == UNROUTED
