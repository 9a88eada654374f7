"""Alarms: raised, seen and cleared; the hard ones stop the device.

Whoever calls with more than one device in hand holds them first (`store.devices.hold`): alarms and
commands of a device are then written by one at a time.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.device_telemetry.domain import alarms as rules
from services.device_telemetry.domain import clocks as clock_rules
from services.device_telemetry.domain.alarms import Cause
from services.device_telemetry.domain.readings import LATEST
from services.device_telemetry.store import alarms as store
from services.device_telemetry.store import clocks, devices
from services.device_telemetry.store.alarms import Opened
from services.device_telemetry.usecases import commands
from shared import ids, outbox
from shared.db import Transaction

RAISED = "device_telemetry.alarm_raised.v1"
CLEARED = "device_telemetry.alarm_cleared.v1"
ACKNOWLEDGED = "device_telemetry.alarm_acknowledged.v1"
ESCALATED = "device_telemetry.alarm_escalated.v1"
STOP_CONFIRMED = "device_telemetry.alarm_stop_confirmed.v1"
ENDED_BY_SEEING = {"fault"}  # nothing that a device measures says that its fault is over


def put(tx: Transaction, cause: Cause, now: datetime) -> None:
    """Raise an alarm, or note that an open one goes on.  A hard one of now stops the device.

    Each session has its own alarm: the open one of another session ends and this one is told.
    What happened in a session that has ended stops nobody: it would end another's treatment.
    """
    offsets = _offsets(tx, cause)
    over = cause.is_over(clock_rules.happened_at(cause.last_at, offsets))
    if over and cause.kind == "no_session":
        return  # it was in one
    late = cause.late or (
        cause.kind in rules.TIMED and clock_rules.is_late(cause.last_at, offsets, now)
    )
    cause = replace(cause, last_at=min(cause.last_at, now + LATEST))
    alarm = store.put(tx, cause, ids.new(), now, late=late)
    if alarm is None:
        alarm = _beside_another(tx, cause, now, past=late or over)
    if alarm is None:
        return
    if not over and not late and cause.stops:
        _stop(tx, alarm, cause, now)
    if alarm.new:
        announce(tx, RAISED, alarm.id)


def clear(tx: Transaction, alarm_id: UUID, now: datetime) -> None:
    """End an alarm and announce it, once."""
    if store.clear(tx, alarm_id, now):
        announce(tx, CLEARED, alarm_id)


def clear_kinds(
    tx: Transaction, device_ids: Collection[UUID], kinds: Collection[str], now: datetime
) -> None:
    """End the open alarms of some kinds on some devices."""
    for alarm in store.open_of(tx, device_ids):
        if alarm.kind in kinds:
            clear(tx, alarm.id, now)


def end_of_session(
    tx: Transaction, device_id: UUID, session_id: UUID, now: datetime, *, others_open: bool
) -> None:
    """End what a session leaves open on its device; `others_open`: another session goes on there.

    What was measured outside any session ends with the last one.
    """
    for alarm in store.open_of(tx, [device_id]):
        stray = alarm.session_id is None and alarm.kind not in rules.OF_CARTRIDGE
        mine = alarm.session_id == session_id or (stray and not others_open)
        if mine and alarm.kind in rules.ENDED_WITH_SESSION:
            clear(tx, alarm.id, now)


def end_forgotten(tx: Transaction, now: datetime) -> None:
    """End alarms of treatments that are over, of which nothing further was heard for a minute."""
    found = store.forgotten(tx, now - rules.FORGOTTEN)
    devices.hold(tx, {device_id for _, device_id in found})
    for alarm_id, _ in store.forgotten(tx, now - rules.FORGOTTEN) if found else ():
        clear(tx, alarm_id, now)


def end_all(tx: Transaction, device_id: UUID, now: datetime) -> None:
    """End every alarm of a device that is out of use."""
    for alarm in store.open_of(tx, [device_id]):
        clear(tx, alarm.id, now)


def acknowledge(tx: Transaction, alarm_id: UUID, by: UUID, now: datetime) -> dict[str, Any]:
    """Note who has seen an alarm.  The first stays named.  Raises AlarmUnknown."""
    alarm = store.find(tx, alarm_id)
    devices.hold(tx, [alarm["device_id"]])
    if store.acknowledge(tx, alarm_id, by, now):
        announce(tx, ACKNOWLEDGED, alarm_id)
    if alarm["kind"] in ENDED_BY_SEEING:
        clear(tx, alarm_id, now)
    return store.find(tx, alarm_id)


def stop_confirmed(tx: Transaction, command_id: UUID) -> None:
    """Tell that a device answered the stop of its alarms."""
    for alarm_id in store.of_stop(tx, command_id):
        announce(tx, STOP_CONFIRMED, alarm_id)


def _beside_another(tx: Transaction, cause: Cause, now: datetime, *, past: bool) -> Opened | None:
    """Take the place of the open alarm, unless this is history, or of where the device was."""
    if past or _is_left_behind(tx, cause):
        past_id = ids.new()
        if store.file_past(tx, cause, past_id, now):
            announce(tx, RAISED, past_id)
            announce(tx, CLEARED, past_id)
        return None
    clear_kinds(tx, [cause.device_id], {cause.kind}, now)
    return store.put(tx, cause, ids.new(), now, late=False)


def _is_left_behind(tx: Transaction, cause: Cause) -> bool:
    """Say whether this still comes from a clinic that the device left, and it rings in its new one.

    There it has been told to stop, where it must, unless it is about what was long ago.
    """
    return any(
        alarm.kind == cause.kind
        and alarm.here
        and alarm.clinic_id != cause.clinic_id
        and not alarm.late
        for alarm in store.open_of(tx, [cause.device_id])
    )


def _offsets(tx: Transaction, cause: Cause) -> Sequence[int]:
    """Return what is known of the clock by which a cause tells its time."""
    offsets = clocks.offsets(tx, cause.device_id)
    if cause.started_ms is None or len(offsets) >= clock_rules.KEPT:
        return offsets
    return clock_rules.of_start(offsets, clocks.started_ms(tx, cause.device_id), cause.started_ms)


def _stop(tx: Transaction, alarm: Opened, cause: Cause, now: datetime) -> None:
    command_id = commands.stop(
        tx,
        cause.device_id,
        cause.clinic_id,
        session_id=cause.session_id,
        reason=cause.kind,
        now=now,
    )
    if command_id != alarm.stop_command_id:
        store.link_stop(tx, alarm.id, command_id)


def announce(tx: Transaction, name: str, alarm_id: UUID) -> None:
    """Tell an alarm as it stands in this transaction, under one of the names above."""
    alarm = store.find(tx, alarm_id)
    data = {
        "alarm_id": alarm_id,
        "clinic_id": alarm["clinic_id"],
        "device_id": alarm["device_id"],
        "session_id": alarm["session_id"],
        "kind": alarm["kind"],
        "severity": alarm["severity"],
        "zone": alarm["zone"],
        "value": alarm["worst"],
        "limit": alarm["limit"],
        "raised_at": alarm["raised_at"],
        "cleared_at": None if name == RAISED else alarm["cleared_at"],
        "device_name": alarm["device_name"],
        "late": alarm["late"],
        "acknowledged_at": alarm["acknowledged_at"],
        "acknowledged_by": alarm["acknowledged_by"],
        "acknowledged_by_name": alarm["acknowledged_by_name"],
        "escalated_at": alarm["escalated_at"],
        "stop_sent_at": alarm["stop_sent_at"],
        "stop_confirmed_at": alarm["stop_confirmed_at"],
    }
    outbox.emit(tx, name, subject=alarm_id, data=data, clinic_id=alarm["clinic_id"])
