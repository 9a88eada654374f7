"""Rooms in PostgreSQL."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def insert(tx: Transaction, room: Mapping[str, Any]) -> None:
    """Store a new room."""
    tx.run(SQL["insert"], room)


def update(tx: Transaction, room: Mapping[str, Any]) -> None:
    """Store a room that `find` locked; its version grows by one."""
    tx.run(SQL["update"], room)


def find(
    tx: Transaction, clinic_id: UUID, room_id: UUID, *, lock: bool = False
) -> dict[str, Any] | None:
    """Return a room of a clinic."""
    return tx.one(SQL["lock" if lock else "find"], {"clinic_id": clinic_id, "id": room_id})


def page(tx: Transaction, clinic_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's rooms by name; `binds` as for clinics."""
    return tx.all(SQL["page"], {"clinic_id": clinic_id, **binds})
