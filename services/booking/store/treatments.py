"""Treatments in PostgreSQL."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def insert(tx: Transaction, treatment: Mapping[str, Any]) -> None:
    """Store a new treatment."""
    tx.run(SQL["insert"], _columns(treatment))


def update(tx: Transaction, treatment: Mapping[str, Any]) -> None:
    """Store a treatment that `find` locked; its version grows by one."""
    tx.run(SQL["update"], _columns(treatment))


def find(
    tx: Transaction, clinic_id: UUID, treatment_id: UUID, *, lock: bool = False
) -> dict[str, Any] | None:
    """Return a treatment of a clinic."""
    return tx.one(SQL["lock" if lock else "find"], {"clinic_id": clinic_id, "id": treatment_id})


def page(tx: Transaction, clinic_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's treatments by name; `binds` as for clinics."""
    return tx.all(SQL["page"], {"clinic_id": clinic_id, **binds})


def _columns(treatment: Mapping[str, Any]) -> dict[str, Any]:
    return {**treatment, "zone_minutes": json.dumps(treatment["zone_minutes"])}
