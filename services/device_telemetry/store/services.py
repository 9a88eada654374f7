"""Services that were done on devices."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def insert(tx: Transaction, row: Mapping[str, Any]) -> None:
    """Note a service."""
    tx.run(SQL["insert"], row)


def page(tx: Transaction, device_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a device's services, newest entry first."""
    return tx.all(SQL["page"], {"device_id": device_id, **binds})
