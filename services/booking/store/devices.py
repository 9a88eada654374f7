"""Bookable devices in PostgreSQL, as device telemetry last told."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def remember(tx: Transaction, told: Mapping[str, Any]) -> None:
    """Keep the data of a device_changed event, unless a later one is kept."""
    tx.run(SQL["remember"], told)


def page(tx: Transaction, clinic_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's devices by name; `binds` as for clinics."""
    return tx.all(SQL["page"], {"clinic_id": clinic_id, **binds})
