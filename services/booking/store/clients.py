"""What booking remembers of clients: that they exist, and the last word of a screening."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def remember(tx: Transaction, client_id: UUID, clinic_id: UUID, *, active: bool) -> None:
    """Note where a client belongs now.  Their row to lock must stand in booking.resources."""
    tx.run(SQL["remember"], {"client_id": client_id, "clinic_id": clinic_id, "active": active})


def find(tx: Transaction, clinic_id: UUID, client_id: UUID) -> dict[str, Any] | None:
    """Return id, clinic_id and active; None when the client does not belong to the clinic."""
    return tx.one(SQL["find"], {"client_id": client_id, "clinic_id": clinic_id})


def remember_screening(tx: Transaction, told: Mapping[str, Any]) -> bool:
    """Keep the data of a screening_decided event; False when a later one is kept already."""
    return bool(tx.run(SQL["screened"], told))
