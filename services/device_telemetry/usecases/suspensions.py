"""Keeping a device off line for a while: its secrets stay good, the door stays shut."""

from datetime import datetime
from uuid import UUID

from services.device_telemetry.store import cuts
from services.device_telemetry.store import suspensions as store
from shared.db import Transaction


def suspend(
    tx: Transaction, device_id: UUID, *, until: datetime, reason: str, now: datetime
) -> bool:
    """Let a device in no more before `until`, and have its connection cut at once.

    Says whether anything changed: nothing does when it is suspended as long already, or unknown.
    Comes after the device's row in the order of locks.
    """
    clinic_id = store.put(tx, device_id, until=until, reason=reason, now=now)
    if clinic_id is None:
        return False
    cuts.order(tx, device_id, clinic_id, now)
    return True


def lift(tx: Transaction, device_id: UUID) -> None:
    """Let a device in again; it comes back by itself."""
    store.lift(tx, device_id)
