"""Readings that show a danger, seen as they come: their device's are stored before others'.

Only the order follows from it.  What is missed here is found when it is stored.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from services.device_telemetry.domain import alarms, blocks
from services.device_telemetry.domain.blocks import Block, some
from services.device_telemetry.domain.readings import (
    LEAST,
    MOST,
    Row,
    Samples,
    nearest_possible,
)
from services.device_telemetry.store import sessions
from shared.amqp.subscription import Delivery
from shared.db import Transaction
from shared.schemas import batch_layouts, batches
from shared.schemas.batches import Batch

RESTS_S: Final = 5.0  # whoever went first does not again so soon: its alarm is open by then
MOST_KNOWN: Final = 20_000
_went_first: dict[str, float] = {}


class _Seen(NamedTuple):
    """What a quick look at a message shows."""

    delivery: Delivery
    session_id: UUID | None
    samples: Samples


def urgent(tx: Transaction, deliveries: Sequence[Delivery]) -> dict[str, int]:
    """Return by topic who shows a danger, and the tag of the first delivery that does."""
    now_s = time.monotonic()
    found: dict[str, int] = {}
    for delivery in _dangerous(tx, _legible(deliveries)):
        if now_s - _went_first.get(delivery.routing_key, -RESTS_S) >= RESTS_S:
            found.setdefault(delivery.routing_key, delivery.tag)
    if len(_went_first) >= MOST_KNOWN:
        _went_first.clear()
    _went_first.update(dict.fromkeys(found, now_s))
    return found


def _legible(deliveries: Sequence[Delivery]) -> list[_Seen]:
    """Return those of which a quick look shows the samples, in order."""
    binary = [each for each in deliveries if each.body[:1] != b"{"]
    read = batch_layouts.read_all([each.body for each in binary])
    found = [
        _Seen(delivery, batch.session_id, batch.samples)
        for delivery, batch in zip(binary, read, strict=True)
        if isinstance(batch, Batch)
    ]
    found += [
        _Seen(delivery, *seen)
        for delivery in deliveries
        if delivery.body[:1] == b"{" and (seen := batches.glance(delivery.body))
    ]
    return sorted(found, key=lambda each: each.delivery.tag)


def _dangerous(tx: Transaction, legible: Sequence[_Seen]) -> list[Delivery]:
    """Return, in order, those with a sample too deep for their session, or a hot motor."""
    limits = _limits(tx, {each.session_id for each in legible if each.session_id})
    found = []
    for numbers in blocks.by_size([each.samples for each in legible]):
        block = _block([legible[number].samples for number in numbers])
        mine = [limits.get(legible[number].session_id) for number in numbers]
        danger = some(block.over_limit(mine))
        danger |= block.high[:, Row.TEMPERATURE_CC] > alarms.MOTOR_HOT_CC
        found += [number for number, is_so in zip(numbers, danger.tolist(), strict=True) if is_so]
    return [legible[number].delivery for number in sorted(found)]


def _block(samples: Sequence[Samples]) -> Block:
    """Return batches as a block in which every zone can be: else one of them would hide all."""
    block = Block.of(samples)
    if (block.low >= LEAST).all() and (block.high <= MOST).all():
        return block
    return Block.of([nearest_possible(each) for each in samples])


def _limits(
    tx: Transaction, session_ids: set[UUID]
) -> Mapping[UUID | None, Mapping[int, int] | None]:
    """Return micrometres by zone of those sessions that are known."""
    known = sessions.limits_of(tx, session_ids) if session_ids else {}
    return {
        session_id: {each["zone"]: each["limit_um"] for each in zones}
        for session_id, zones in known.items()
        if zones
    }
