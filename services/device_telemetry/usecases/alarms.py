"""Alarms: raised, seen and cleared; the hard ones stop the device."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from services.device_telemetry.domain.alarms import Cause
from services.device_telemetry.store import alarms as store
from services.device_telemetry.store.alarms import Alarm
from services.device_telemetry.usecases import commands
from shared import ids, outbox
from shared.db import Transaction

RAISED = "device_telemetry.alarm_raised.v1"
CLEARED = "device_telemetry.alarm_cleared.v1"
ENDED_BY_SEEING = {"fault"}  # nothing that a device measures says that its fault is over


def put(tx: Transaction, cause: Cause, now: datetime, *, stop: bool = True) -> None:
    """Raise an alarm, or note that an open one goes on.  A hard one stops the device."""
    alarm_id = ids.new()
    if store.put(tx, cause, alarm_id, now):
        _announce(tx, RAISED, _alarm(cause, alarm_id, now), None)
    if stop and cause.severity == "hard":
        commands.stop(
            tx,
            cause.device_id,
            cause.clinic_id,
            session_id=cause.session_id,
            reason=cause.kind,
            now=now,
        )


def clear(tx: Transaction, alarm: Alarm, now: datetime) -> None:
    """End an alarm and announce it, once."""
    if store.clear(tx, alarm.id, now):
        _announce(tx, CLEARED, alarm, now)


def clear_kinds(
    tx: Transaction, device_ids: Collection[UUID], kinds: Collection[str], now: datetime
) -> None:
    """End the open alarms of some kinds on some devices."""
    for alarm in store.open_of(tx, device_ids):
        if alarm.kind in kinds:
            clear(tx, alarm, now)


def acknowledge(tx: Transaction, alarm_id: UUID, by: UUID, now: datetime) -> dict[str, Any]:
    """Note who has seen an alarm.  The first stays named.  Raises AlarmUnknown."""
    alarm = store.find(tx, alarm_id)
    store.acknowledge(tx, alarm_id, by, now)
    if alarm["kind"] in ENDED_BY_SEEING:
        clear_kinds(tx, [alarm["device_id"]], {alarm["kind"]}, now)
    return store.find(tx, alarm_id)


def _alarm(cause: Cause, alarm_id: UUID, now: datetime) -> Alarm:
    return Alarm(
        id=alarm_id,
        clinic_id=cause.clinic_id,
        device_id=cause.device_id,
        session_id=cause.session_id,
        kind=cause.kind,
        severity=cause.severity,
        zone=cause.zone,
        worst=cause.value,
        limit_value=cause.limit,
        raised_at=now,
        last_over_at=cause.last_at,
    )


def _announce(tx: Transaction, name: str, alarm: Alarm, cleared_at: datetime | None) -> None:
    data = {
        "alarm_id": alarm.id,
        "clinic_id": alarm.clinic_id,
        "device_id": alarm.device_id,
        "session_id": alarm.session_id,
        "kind": alarm.kind,
        "severity": alarm.severity,
        "zone": alarm.zone,
        "value": alarm.worst,
        "limit": alarm.limit_value,
        "raised_at": alarm.raised_at,
        "cleared_at": cleared_at,
    }
    outbox.emit(tx, name, subject=alarm.id, data=data, clinic_id=alarm.clinic_id)
