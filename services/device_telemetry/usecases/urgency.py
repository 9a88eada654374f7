"""Readings that show a danger, seen as they come: their device's are stored before others'.

Only the order follows from it.  What is missed here is found when it is stored.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from services.device_telemetry.domain import alarms, blocks
from services.device_telemetry.domain.blocks import Block, some
from services.device_telemetry.domain.readings import Row
from services.device_telemetry.store import sessions
from shared.amqp.subscription import Delivery
from shared.db import Transaction
from shared.schemas import batch_layouts
from shared.schemas.batches import Batch

RESTS_S: Final = 5.0  # whoever went first does not again so soon: its alarm is open by then
MOST_KNOWN: Final = 20_000
_went_first: dict[str, float] = {}


def urgent(tx: Transaction, deliveries: Sequence[Delivery]) -> dict[str, int]:
    """Return by topic who shows a danger, and the tag of the first delivery that does."""
    now_s = time.monotonic()
    found: dict[str, int] = {}
    # JSON takes as long to read as to store: it waits
    deliveries = [each for each in deliveries if each.body[:1] != b"{"]
    read = batch_layouts.read_all([each.body for each in deliveries])
    legible = [
        (delivery, batch)
        for delivery, batch in zip(deliveries, read, strict=True)
        if isinstance(batch, Batch)
    ]
    for delivery in _dangerous(tx, legible):
        if now_s - _went_first.get(delivery.routing_key, -RESTS_S) >= RESTS_S:
            found.setdefault(delivery.routing_key, delivery.tag)
    if len(_went_first) >= MOST_KNOWN:
        _went_first.clear()
    _went_first.update(dict.fromkeys(found, now_s))
    return found


def _dangerous(tx: Transaction, legible: Sequence[tuple[Delivery, Batch]]) -> list[Delivery]:
    """Return, in order, those with a sample too deep for their session, or a hot motor."""
    limits = _limits(tx, {batch.session_id for _, batch in legible if batch.session_id})
    found = []
    for numbers in blocks.by_size([batch.samples for _, batch in legible]):
        block = Block.of([legible[number][1].samples for number in numbers])
        mine = [limits.get(legible[number][1].session_id) for number in numbers]
        danger = some(block.over_limit(mine))
        danger |= block.high[:, Row.TEMPERATURE_CC] > alarms.MOTOR_HOT_CC
        found += [number for number, is_so in zip(numbers, danger.tolist(), strict=True) if is_so]
    return [legible[number][0] for number in sorted(found)]


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
