"""How far devices' clocks are from ours."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries
from shared.schemas.batches import milliseconds

SQL = queries(__file__)


def hear(
    tx: Transaction, device_id: UUID, said_at: datetime, now: datetime, *, anew: bool
) -> list[int]:
    """Note what a device said the time is.  Return its last offsets in ms, the newest first.

    `anew`: its clock was set, so that what it said before tells nothing of it.
    """
    offset_ms = (now - said_at) // timedelta(milliseconds=1)
    values = {"device_id": device_id, "offset_ms": offset_ms, "anew": anew}
    row = tx.one(SQL["hear"], values)
    return list(row["offsets_ms"]) if row else []


def connection(tx: Transaction, device_id: UUID) -> int | None:
    """Return the number of the connection on which a device was heard last, if it gives any."""
    row = tx.one(SQL["connection"], {"device_id": device_id})
    return row["connection"] if row else None


def started_ms(tx: Transaction, device_id: UUID) -> int | None:
    """Return when a device started by its own clock, in ms since 1970, as its last status says."""
    row = tx.one(SQL["started"], {"device_id": device_id})
    return milliseconds(row["said_at"]) - row["uptime_ms"] if row else None


def offsets(tx: Transaction, device_id: UUID) -> list[int]:
    """Return a device's last offsets in ms, the newest first; none if it never said its time."""
    row = tx.one(SQL["offsets"], {"device_id": device_id})
    return list(row["offsets_ms"] or ()) if row else []


def by_readings(tx: Transaction, since: datetime, now: datetime) -> list[Mapping[str, Any]]:
    """Return device_id, first_at, last_at, least_ms and most_ms of readings received since.

    Of each start of devices whose clock counts as wild, and has not been told to be so since.
    """
    return list(tx.all(SQL["by_readings"], {"since": since, "now": now}))
