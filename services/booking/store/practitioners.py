"""Practitioners in PostgreSQL."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def insert(tx: Transaction, practitioner: Mapping[str, Any]) -> bool:
    """Store a new practitioner, without hours; False when the person practises here already."""
    return bool(tx.run(SQL["insert"], practitioner))


def update(tx: Transaction, practitioner: Mapping[str, Any]) -> None:
    """Store a practitioner that `find` locked; the version grows by one."""
    tx.run(SQL["update"], practitioner)


def touch(tx: Transaction, clinic_id: UUID, practitioner_id: UUID) -> None:
    """Let the version of a practitioner that `find` locked grow by one."""
    tx.run(SQL["touch"], {"clinic_id": clinic_id, "id": practitioner_id})


def find(
    tx: Transaction, clinic_id: UUID, practitioner_id: UUID, *, lock: bool = False
) -> dict[str, Any] | None:
    """Return a practitioner of a clinic, without hours."""
    return tx.one(SQL["lock" if lock else "find"], {"clinic_id": clinic_id, "id": practitioner_id})


def page(tx: Transaction, clinic_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's practitioners by name; `binds` as for clinics."""
    return tx.all(SQL["page"], {"clinic_id": clinic_id, **binds})


def active_at(tx: Transaction, practitioner_id: UUID) -> list[dict[str, Any]]:
    """Return, locked, the person's rows at every clinic in scope where they are active."""
    return tx.all(SQL["active_at"], {"id": practitioner_id})
