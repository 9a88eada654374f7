"""Devices' messages by lane: which queues, which process, what becomes of them.

Alarms never wait for readings: events and statuses have a process of their own.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from services.device_telemetry.domain import topics, topology
from services.device_telemetry.store import lanes as store
from services.device_telemetry.usecases import device_events, floods, readings, set_aside, statuses
from services.device_telemetry.usecases.set_aside import Message, Refused
from shared.amqp.settling import Lane
from shared.amqp.subscription import Delivery
from shared.db import Transaction

Apply = Callable[[Transaction, Sequence[Message], datetime], None]

PROMPT: Final = {"events": (topology.EVENTS,), "status": (topology.STATUS,)}
BULK: Final = {
    "readings": topology.SHARDS,
    "unrouted": (topology.UNROUTED,),
}


def take_unrouted(tx: Transaction, messages: Sequence[Message], now: datetime) -> None:
    """Take what the broker accepted and no queue wanted; a command that nobody heard is no loss.

    A device's own message is here because its queue was not: it is treated as if it had come there.
    """
    found: dict[str, list[Message]] = {"readings": [], "events": [], "status": []}
    refused: list[Refused] = []
    for each in messages:
        source, lane = topics.source(each.topic), _own_lane(each.topic)
        if source and lane in found:
            found[lane].append(each)
        elif not (each.topic.startswith("pens.") and lane == "commands"):
            refused.append(Refused(each, source, "unroutable", "No queue takes this topic."))
    for lane, mine in found.items():
        if mine:
            APPLY[lane](tx, mine, now)
    set_aside.put_all(tx, refused, now)


def give_up(tx: Transaction, messages: Sequence[Message], now: datetime) -> None:
    """Keep what fails again and again while others of its lane go well."""
    refused = [
        Refused(
            each, topics.source(each.topic), set_aside.FAILED, "Could not be stored; see the log."
        )
        for each in messages
    ]
    set_aside.put_all(tx, refused, now)


APPLY: Final[dict[str, Apply]] = {
    "events": device_events.hear,
    "status": statuses.hear,
    "readings": readings.store,
    "unrouted": take_unrouted,
}


def settled(name: str) -> Lane:
    """Return what becomes of a lane's deliveries."""
    return Lane(
        apply=_of_deliveries(APPLY[name]),
        give_up=_of_deliveries(give_up),
        look=partial(_count, name),
    )


def _of_deliveries(apply: Apply) -> Callable[[Transaction, Sequence[Delivery], datetime], None]:
    def of_deliveries(tx: Transaction, deliveries: Sequence[Delivery], now: datetime) -> None:
        apply(tx, [Message(each.routing_key, each.body) for each in deliveries], now)

    return of_deliveries


def _count(name: str, news: Sequence[Delivery]) -> None:
    """Count what has come against its sender's allowance, but nothing that the broker repeats.

    What comes as unrouted counts where it belongs: by MQTT 5 a device has its messages come so.
    """
    found: dict[str, Counter[str]] = {}
    for each in news:
        if not each.returned:
            lane = _own_lane(each.routing_key) if name == "unrouted" else name
            found.setdefault(lane, Counter())[each.routing_key] += 1
    for lane, keys in found.items():
        floods.heard(lane, keys)


def _own_lane(topic: str) -> str:
    return topic.rpartition(".")[2]


def note_drained(tx: Transaction, drained: Mapping[str, datetime]) -> None:
    """Note up to when lanes are stored."""
    store.note(tx, drained)
