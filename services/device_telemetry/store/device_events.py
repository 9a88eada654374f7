"""Events that devices sent."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)

_OWN_COLUMNS = {"v", "boot_id", "seq", "at", "event"}


def insert(
    tx: Transaction, device_id: UUID, clinic_id: UUID, said: Mapping[str, Any], now: datetime
) -> bool:
    """Keep an event.  Return whether it is new."""
    facts = {
        name: value
        for name, value in said.items()
        if name not in _OWN_COLUMNS and value is not None
    }
    values = {
        "device_id": device_id,
        "boot_id": said["boot_id"],
        "seq": said["seq"],
        "clinic_id": clinic_id,
        "event": said["event"],
        "said_at": said["at"],
        "received_at": now,
        "facts": json.dumps(facts, default=str),
    }
    return bool(tx.run(SQL["insert"], values))
