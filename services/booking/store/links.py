"""What the links of an appointment leave in PostgreSQL."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def moves(tx: Transaction, appointment_id: UUID, reason: str) -> int:
    """Return how often the appointment was moved by nobody signed in, for this reason."""
    row = tx.one(SQL["moves"], {"id": appointment_id, "reason": reason})
    return int(row["moves"]) if row else 0


def waits(tx: Transaction, appointment: Mapping[str, Any]) -> bool:
    """Say whether the appointment's client is on the waiting list for its treatment."""
    return tx.one(SQL["waits"], appointment) is not None


def revoke(tx: Transaction, appointment: Mapping[str, Any]) -> None:
    """Store the next issue of a locked appointment's links, with its version."""
    tx.run(SQL["revoke"], appointment)
