"""Devices that may not connect for a while."""

from datetime import datetime
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def put(
    tx: Transaction, device_id: UUID, *, until: datetime, reason: str, now: datetime
) -> UUID | None:
    """Suspend a device and return its clinic; None: unknown, or suspended as long already."""
    values = {"device_id": device_id, "until": until, "reason": reason, "now": now}
    row = tx.one(SQL["put"], values)
    return row["clinic_id"] if row else None


def lift(tx: Transaction, device_id: UUID) -> None:
    """End a suspension, if there is one."""
    tx.run(SQL["lift"], {"device_id": device_id})
