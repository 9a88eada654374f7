"""What needs a person, and who took care of it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.headquarters.domain.attention import Item
from shared.db import Transaction, queries

SQL = queries(__file__)


def keep(tx: Transaction, item: Item, sequence: int) -> bool:
    """Remember an item as it now is.  A sequence of 0 always counts.  False: we knew newer."""
    values = {
        "id": item.id,
        "clinic_id": item.clinic_id,
        "kind": item.kind,
        "subject": item.subject,
        "severity": item.severity,
        "since": item.since,
        "due_at": item.due_at,
        "facts": json.dumps(dict(item.facts)),
        "stays": item.stays,
        "gone_at": item.gone_at,
        "sequence": sequence,
    }
    return tx.run(SQL["keep"], values) == 1


def gone(tx: Transaction, item_id: UUID, at: datetime) -> None:
    """Note that an item's cause is gone."""
    tx.run(SQL["gone"], {"id": item_id, "at": at})


def to_do(tx: Transaction, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what nobody has acknowledged, worst first, then the oldest."""
    return tx.all(SQL["to_do"], wanted)


def lock(tx: Transaction, item_id: UUID) -> dict[str, Any] | None:
    """Return an item, locked."""
    return tx.one(SQL["lock"], {"id": item_id})


def acknowledge(tx: Transaction, values: Mapping[str, Any]) -> dict[str, Any]:
    """Note who took care of an item, in the row and in the log; return the row."""
    row = tx.one(SQL["acknowledge"], values) or {}
    tx.run(SQL["log"], {**values, "clinic_id": row["clinic_id"]})
    return row
