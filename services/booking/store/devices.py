"""Bookable devices in PostgreSQL, as device telemetry last told."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def remember(tx: Transaction, told: Mapping[str, Any]) -> bool:
    """Keep the data of a device_changed event; False when a later one is kept already."""
    return bool(tx.run(SQL["remember"], told))


def find(tx: Transaction, device_id: UUID) -> dict[str, Any] | None:
    """Return what device telemetry last told of a device; None when it never did."""
    return tx.one(SQL["find"], {"id": device_id})


def page(tx: Transaction, clinic_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's devices by name; `binds` as for clinics."""
    return tx.all(SQL["page"], {"clinic_id": clinic_id, **binds})
