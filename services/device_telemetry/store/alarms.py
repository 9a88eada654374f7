"""Alarms of devices."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.device_telemetry.domain import alarms as rules
from services.device_telemetry.domain.alarms import AlarmUnknown, Cause
from shared.db import Transaction, queries

SQL = queries(__file__)


@dataclass(frozen=True, slots=True)
class Alarm:
    """What one must know of an open alarm to end it.  `last_over_at` by the device's clock.

    `here`: it rings in the clinic where the device is, and not in one that it has left.
    """

    id: UUID
    device_id: UUID
    clinic_id: UUID
    session_id: UUID | None
    kind: str
    late: bool
    last_over_at: datetime
    here: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """The open alarm that a cause belongs to; `new` when this cause opened it."""

    id: UUID
    stop_command_id: UUID | None
    new: bool


def put(tx: Transaction, cause: Cause, new_id: UUID, now: datetime, *, late: bool) -> Opened | None:
    """Open an alarm, or note that its cause goes on.

    None when the open one of this device and kind is not this cause's: another session's, another
    clinic's, or of long ago where this is of now.
    """
    row = tx.one(SQL["raise"], _values(cause, new_id, now) | {"late": late})
    return Opened(row["id"], row["stop_command_id"], row["id"] == new_id) if row else None


def file_past(tx: Transaction, cause: Cause, new_id: UUID, now: datetime) -> bool:
    """Note what came late beside another's open alarm.  Return whether it is news."""
    values = _values(cause, new_id, now)
    return not tx.run(SQL["worsen_past"], values) and bool(tx.run(SQL["file_past"], values))


def open_of(tx: Transaction, device_ids: Collection[UUID]) -> list[Alarm]:
    """Return the open alarms of some devices."""
    if not device_ids:
        return []
    rows = tx.all(SQL["open_of"], {"device_ids": sorted(device_ids)})
    return [Alarm(**row) for row in rows]


def forgotten(tx: Transaction, before: datetime) -> list[tuple[UUID, UUID]]:
    """Return id and device of alarms of treatments that were over, and heard of last, before."""
    kinds = {"kinds": sorted(rules.ENDED_WITH_SESSION), "measured": sorted(rules.MEASURED)}
    rows = tx.all(SQL["forgotten"], kinds | {"before": before})
    return [(row["id"], row["device_id"]) for row in rows]


def clear(tx: Transaction, alarm_id: UUID, now: datetime) -> bool:
    """End an alarm.  Return whether it was open."""
    return bool(tx.run(SQL["clear"], {"id": alarm_id, "now": now}))


def acknowledge(tx: Transaction, alarm_id: UUID, by: UUID, now: datetime) -> bool:
    """Note who has seen it.  Return whether they were the first."""
    return bool(tx.run(SQL["acknowledge"], {"id": alarm_id, "by": by, "now": now}))


def unseen(
    tx: Transaction, *, hard_before: datetime, soft_before: datetime
) -> list[tuple[UUID, UUID]]:
    """Return id and device of open alarms, raised before, that nobody has looked at."""
    rows = tx.all(SQL["unseen"], {"hard_before": hard_before, "soft_before": soft_before})
    return [(row["id"], row["device_id"]) for row in rows]


def escalate(tx: Transaction, alarm_id: UUID, now: datetime) -> bool:
    """Note that nobody looked.  Return whether that still holds, for the first time."""
    return bool(tx.run(SQL["escalate"], {"id": alarm_id, "now": now}))


def of_stop(tx: Transaction, command_id: UUID) -> list[UUID]:
    """Return the alarms that a stop is to end."""
    return [row["id"] for row in tx.all(SQL["of_stop"], {"command_id": command_id})]


def link_stop(tx: Transaction, alarm_id: UUID, command_id: UUID) -> None:
    """Note which command is to end an alarm."""
    tx.run(SQL["link_stop"], {"id": alarm_id, "command_id": command_id})


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


def _values(cause: Cause, new_id: UUID, now: datetime) -> dict[str, Any]:
    return {
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
