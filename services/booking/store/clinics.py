"""Clinics in PostgreSQL."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def insert(tx: Transaction, clinic: Mapping[str, Any]) -> None:
    """Store a new clinic, without its hours."""
    tx.run(SQL["insert"], clinic)


def update(tx: Transaction, clinic: Mapping[str, Any]) -> None:
    """Store a clinic that `find` locked; its version grows by one."""
    tx.run(SQL["update"], clinic)


def find(tx: Transaction, clinic_id: UUID, *, lock: bool = False) -> dict[str, Any] | None:
    """Return a clinic, without its hours; None when it is not in scope."""
    return tx.one(SQL["lock" if lock else "find"], {"id": clinic_id})


def page(tx: Transaction, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return clinics by name; `binds` hold limit, and name and id of the row before."""
    return tx.all(SQL["page"], binds)
