"""How far devices' clocks are from ours."""

from datetime import datetime, timedelta
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def hear(tx: Transaction, device_id: UUID, said_at: datetime, now: datetime) -> list[int]:
    """Note what a device said the time is.  Return its last offsets in ms, the newest first."""
    offset_ms = (now - said_at) // timedelta(milliseconds=1)
    row = tx.one(SQL["hear"], {"device_id": device_id, "offset_ms": offset_ms})
    return list(row["offsets_ms"]) if row else []


def connection(tx: Transaction, device_id: UUID) -> int | None:
    """Return the number of the connection on which a device was heard last, if it gives any."""
    row = tx.one(SQL["connection"], {"device_id": device_id})
    return row["connection"] if row else None


def offsets(tx: Transaction, device_id: UUID) -> list[int]:
    """Return a device's last offsets in ms, the newest first; none if it never said its time."""
    row = tx.one(SQL["offsets"], {"device_id": device_id})
    return list(row["offsets_ms"] or ()) if row else []
