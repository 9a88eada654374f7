"""Places offered to those who wait, in PostgreSQL.  Whoever writes here has locked the entry."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.domain.changes import Change
from shared.db import Transaction, queries

SQL = queries(__file__)
_NO_CONDITION = dict.fromkeys(("ids", "entry_id", "offered_at", "id", "limit"))


def insert(tx: Transaction, offer: Mapping[str, Any]) -> None:
    """Store an offer with the id of its hold."""
    tx.run(SQL["insert"], offer)


def settle(
    tx: Transaction,
    offer_id: UUID,
    status: str,
    change: Change,
    *,
    appointment_id: UUID | None = None,
) -> bool:
    """Close an open offer; False when it was closed before."""
    values = {"id": offer_id, "status": status, "appointment_id": appointment_id, **change.told}
    return bool(tx.run(SQL["settle"], values))


def find(tx: Transaction, offer_id: UUID) -> dict[str, Any] | None:
    """Return an offer with its place; None when it is not in scope."""
    return tx.one(SQL["page"], {**_NO_CONDITION, "ids": [offer_id]})


def open_of(tx: Transaction, entry_id: UUID) -> UUID | None:
    """Return the id of the offer that an entry has now."""
    found = tx.one(SQL["open_of"], {"entry_id": entry_id})
    return found["id"] if found else None


def page(tx: Transaction, entry_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what an entry was offered; `binds` hold limit, offered_at and id of the row before."""
    return tx.all(SQL["page"], {**_NO_CONDITION, "entry_id": entry_id, **binds})


def over(tx: Transaction, now: datetime, limit: int) -> list[dict[str, Any]]:
    """Return id, entry_id and hold_status of offers that nobody can accept; entries locked."""
    return tx.all(SQL["over"], {"now": now, "limit": limit})
