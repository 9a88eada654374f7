"""Alarms of devices."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.device_telemetry.domain.alarms import AlarmUnknown, Cause
from shared.db import Transaction, queries

SQL = queries(__file__)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An open alarm."""

    id: UUID
    clinic_id: UUID
    device_id: UUID
    session_id: UUID | None
    kind: str
    severity: str
    zone: int | None
    worst: int | None
    limit_value: int | None
    raised_at: datetime
    last_over_at: datetime


def put(tx: Transaction, cause: Cause, new_id: UUID, now: datetime) -> bool:
    """Open an alarm, or note that its cause goes on.  Return whether it was opened."""
    values = {
        "id": new_id,
        "clinic_id": cause.clinic_id,
        "device_id": cause.device_id,
        "session_id": cause.session_id,
        "kind": cause.kind,
        "severity": cause.severity,
        "zone": cause.zone,
        "value": cause.value,
        "limit": cause.limit,
        "last_at": cause.last_at,
        "now": now,
    }
    row = tx.one(SQL["raise"], values)
    return bool(row and row["opened"])


def open_of(tx: Transaction, device_ids: Collection[UUID]) -> list[Alarm]:
    """Return the open alarms of some devices, and hold them."""
    if not device_ids:
        return []
    rows = tx.all(SQL["open_of"], {"device_ids": sorted(device_ids)})
    return [Alarm(**row) for row in rows]


def clear(tx: Transaction, alarm_id: UUID, now: datetime) -> bool:
    """End an alarm.  Return whether it was open."""
    return bool(tx.run(SQL["clear"], {"id": alarm_id, "now": now}))


def acknowledge(tx: Transaction, alarm_id: UUID, by: UUID, now: datetime) -> bool:
    """Note who has seen it.  Return whether they were the first."""
    return bool(tx.run(SQL["acknowledge"], {"id": alarm_id, "by": by, "now": now}))


def find(tx: Transaction, alarm_id: UUID) -> dict[str, Any]:
    """Return an alarm.  Raises AlarmUnknown."""
    wanted = {"id": alarm_id, "clinic_id": None, "state": None, "after": None, "limit": 1}
    row = tx.one(SQL["page"], wanted)
    if row is None:
        raise AlarmUnknown("There is no such alarm in your clinic.")
    return row


def page(
    tx: Transaction, *, clinic_id: UUID | None, state: str | None, binds: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return alarms before `after`, newest first, at most `limit`."""
    return tx.all(SQL["page"], {"id": None, "clinic_id": clinic_id, "state": state, **binds})
