"""Absences of people in PostgreSQL; they hold at every clinic, so these know none."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def insert(tx: Transaction, absence: Mapping[str, Any]) -> None:
    """Store a new absence."""
    tx.run(SQL["insert"], absence)


def update(tx: Transaction, absence: Mapping[str, Any]) -> None:
    """Store an absence that `find` locked; its version grows by one."""
    tx.run(SQL["update"], absence)


def forget(tx: Transaction, absence_id: UUID) -> None:
    """Remove an absence that `find` locked."""
    tx.run(SQL["forget"], {"id": absence_id})


def find(
    tx: Transaction, practitioner_id: UUID, absence_id: UUID, *, lock: bool = False
) -> dict[str, Any] | None:
    """Return an absence of a person."""
    who = {"practitioner_id": practitioner_id, "id": absence_id}
    return tx.one(SQL["lock" if lock else "find"], who)


def page(tx: Transaction, practitioner_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a person's absences; `binds` hold limit, and first_day and id of the row before."""
    return tx.all(SQL["page"], {"practitioner_id": practitioner_id, **binds})


def between(
    tx: Transaction, practitioner_id: UUID, first: date, last: date
) -> list[dict[str, Any]]:
    """Return a person's absences that touch these dates, both included."""
    return tx.all(
        SQL["between"], {"practitioner_id": practitioner_id, "first": first, "last": last}
    )
