"""Connections that are to be cut, kept until the broker has done it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def order(tx: Transaction, device_id: UUID, clinic_id: UUID, at: datetime) -> None:
    """Have every connection of a device cut at a moment.  What lets it in may bring it back."""
    tx.run(SQL["order_cut"], {"device_id": device_id, "clinic_id": clinic_id, "at": at})


def due(tx: Transaction, until: datetime, most: int) -> list[UUID]:
    """Return the devices that are to be cut by `until`, those that wait longest first."""
    return [row["device_id"] for row in tx.all(SQL["due"], {"until": until, "most": most})]


def done(tx: Transaction, device_ids: Sequence[UUID], until: datetime) -> None:
    """Note that what was ordered by `until` has happened."""
    tx.run(SQL["done"], {"device_ids": list(device_ids), "until": until})
