"""Events that devices sent."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from enum import Enum
from hashlib import sha256
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)

_OWN_COLUMNS = {"v", "boot_id", "seq", "at", "event"}


class Place(Enum):
    """What the name of an event is to us: new, known with these words, or known with others."""

    NEW = "new"
    AGAIN = "again"
    OTHER = "other"


def insert(
    tx: Transaction, device_id: UUID, clinic_id: UUID, said: Mapping[str, Any], now: datetime
) -> Place:
    """Keep an event if its name is new; the device's row is held."""
    facts = {
        name: value
        for name, value in said.items()
        if name not in _OWN_COLUMNS and value is not None
    }
    kept = json.dumps(facts, default=str, sort_keys=True)
    whole = f"{said['event']} {said['at'].isoformat()} {kept}"
    values = _name(device_id, said) | {
        "clinic_id": clinic_id,
        "event": said["event"],
        "received_at": now,
        "facts": kept,
        "digest": sha256(whole.encode()).digest(),
    }
    known = tx.one(SQL["insert"], values)
    if known is None:
        return Place.NEW
    return Place.AGAIN if known["same"] else Place.OTHER


def is_overtaken(
    tx: Transaction, device_id: UUID, said: Mapping[str, Any], events: Collection[str]
) -> bool:
    """Say whether the device has said one of `events` later than this."""
    values = _name(device_id, said) | {"events": sorted(events)}
    return tx.one(SQL["overtaken"], values) is not None


def forget(tx: Transaction, before: datetime, most: int) -> int:
    """Delete events of long ago; return how many, `most` at once."""
    return tx.run(SQL["forget"], {"before": before, "most": most})


def _name(device_id: UUID, said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "device_id": device_id,
        "boot_id": said["boot_id"],
        "seq": said["seq"],
        "said_at": said["at"],
    }
