"""The waiting list in PostgreSQL."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.domain.waiting import BEGUN
from shared.db import Transaction, queries

SQL = queries(__file__)
_NO_CONDITION = dict.fromkeys(("ids", "clinic_id", "status", "created_at", "id", "limit"))


def insert(tx: Transaction, entry: Mapping[str, Any]) -> bool:
    """Store a new entry; False when the client waits for the treatment already."""
    return bool(tx.run(SQL["insert"], entry))


def update(tx: Transaction, entry: Mapping[str, Any], now: datetime) -> None:
    """Store the wishes of an entry that `find` locked; its version grows by one."""
    tx.run(SQL["update"], {**entry, "now": now})


def enter(tx: Transaction, entry_id: UUID, status: str, now: datetime) -> None:
    """Put a locked entry into a status; its version grows by one."""
    tx.run(SQL["enter"], {"id": entry_id, "status": status, "now": now})


def find(tx: Transaction, entry_id: UUID, *, lock: bool = False) -> dict[str, Any] | None:
    """Return an entry with `time_zone` and `offer_id`; None when it is not in scope."""
    if lock:
        tx.all(SQL["lock"], {"id": entry_id})
    return tx.one(SQL["page"], {**_NO_CONDITION, "ids": [entry_id]})


def page(tx: Transaction, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's entries by age.

    `wanted` holds clinic_id, status, limit, and created_at and id of the row before.
    """
    return tx.all(SQL["page"], {**_NO_CONDITION, **wanted})


def line(tx: Transaction, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return who waits at a clinic, first in line first, with what decides about a place.

    Whose own appointment has begun, or was missed, waits for no earlier one.

    `wanted` holds clinic_id, first_day, last_day, limit, and after_priority, after_created_at and
    after_id of the last who was looked at.
    """
    return tx.all(SQL["line"], {**wanted, "begun": list(BEGUN)})


def to_look(tx: Transaction, now: datetime, limit: int) -> list[dict[str, Any]]:
    """Return entries, locked, for whom nobody has looked for a while.

    `own_status` and `own_ends_at` are those of the appointment they would give up.
    """
    return tx.all(SQL["to_look"], {"now": now, "limit": limit})


def looked(
    tx: Transaction, entry_id: UUID, next_look_at: datetime, looked_until: datetime | None
) -> None:
    """Note when to look again, and how far ahead this look read; None: to the end."""
    values = {"id": entry_id, "next_look_at": next_look_at, "looked_until": looked_until}
    tx.run(SQL["looked"], values)


def expire(tx: Transaction, now: datetime, limit: int) -> int:
    """Close entries whose last day is over; return how many."""
    return tx.run(SQL["expire"], {"now": now, "limit": limit})


def of_client(tx: Transaction, client_id: UUID) -> list[UUID]:
    """Return the client's live entries, locked in one order."""
    return [row["id"] for row in tx.all(SQL["of_client"], {"client_id": client_id})]


def forget_reasons(tx: Transaction, client_id: UUID) -> None:
    """Delete why a client came before others."""
    tx.run(SQL["forget_reasons"], {"client_id": client_id})
