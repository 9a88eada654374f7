"""Readings that will never come: staff say so, and the alarm for them ends."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.device_telemetry.store import losses as store
from shared.db import Transaction


def accept(
    tx: Transaction, device_id: UUID, boot_id: int, from_seq: int, *, by: UUID, now: datetime
) -> dict[str, Any]:
    """Give a hole's samples up.  The first who did stays named.  Raises GapUnknown.

    The hole stays in the list and in summaries: it is what is missing.  Only its alarm ends.
    """
    found = store.find(tx, device_id, boot_id, from_seq)
    if found["accepted_at"] is None:
        store.accept(tx, device_id, boot_id, from_seq, by=by, now=now)
    return store.find(tx, device_id, boot_id, from_seq)
