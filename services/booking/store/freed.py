"""Places that became free, until somebody in line was looked for; in PostgreSQL."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def note(
    tx: Transaction, clinic_id: UUID, starts_at: datetime, ends_at: datetime, now: datetime
) -> None:
    """Remember that something became free; nothing is kept where nobody waits."""
    values = {"clinic_id": clinic_id, "starts_at": starts_at, "ends_at": ends_at, "now": now}
    tx.later(SQL["note"], values)


def take(tx: Transaction, now: datetime) -> dict[str, Any] | None:
    """Return the next place to find somebody for, locked, with the clinic's zone and lead."""
    return tx.one(SQL["take"], {"now": now})


def advance(tx: Transaction, place_id: int, entry: Mapping[str, Any]) -> None:
    """Go on behind this entry the next time."""
    rank = {"priority": entry["priority"], "created_at": entry["created_at"]}
    tx.run(SQL["advance"], {"id": place_id, "entry_id": entry["id"], **rank})


def postpone(tx: Transaction, place_id: int, look_at: datetime) -> None:
    """Look for somebody later."""
    tx.run(SQL["postpone"], {"id": place_id, "look_at": look_at})


def forget(tx: Transaction, place_id: int) -> None:
    """Look for nobody any more."""
    tx.run(SQL["forget"], {"id": place_id})
