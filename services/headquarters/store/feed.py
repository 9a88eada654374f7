"""What changed, in the order of commits, for an hour."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)
KEPT_FOR = timedelta(hours=1)
FORGET_EVERY = 256  # positions


def hold(tx: Transaction) -> None:
    """Take the feed until commit.  First thing in a transaction that appends, so none deadlocks."""
    tx.execute(SQL["hold"])


def append(
    tx: Transaction, clinic_id: UUID, kind: str, at: datetime, data: Mapping[str, Any] | None = None
) -> None:
    """Tell those who look on.  The feed must be held.  Now and then it forgets what is old."""
    values = {
        "clinic_id": clinic_id,
        "kind": kind,
        "at": at,
        "data": None if data is None else json.dumps(data),
    }
    row = tx.one(SQL["append"], values)
    position = row["position"] if row else 0
    if position % FORGET_EVERY == 0:
        tx.run(SQL["forget"], {"position": position, "oldest": at - KEPT_FOR})


def since(
    tx: Transaction, position: int, *, limit: int, clinic_id: UUID | None = None
) -> list[dict[str, Any]]:
    """Return what was appended after a position, oldest first."""
    return tx.all(SQL["since"], {"position": position, "clinic_id": clinic_id, "limit": limit})


def ends(tx: Transaction) -> tuple[int | None, int]:
    """Return the first position that is kept, None for an empty feed, and the last."""
    row = tx.one(SQL["ends"]) or {"first": None, "last": 0}
    return row["first"], row["last"]
