"""The fleet: which devices there are, and which are fit for use."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.device_telemetry.domain import devices as rules
from services.device_telemetry.domain.devices import Calibration, DeviceRetired
from services.device_telemetry.store import commands, credentials, states
from services.device_telemetry.store import devices as store
from services.device_telemetry.store.devices import Device
from services.device_telemetry.usecases import alarms
from shared import outbox
from shared.db import Transaction
from shared.errors import Rejected, Unavailable

CHANGED = "device_telemetry.device_changed.v1"


class ClinicUnknown(Rejected):
    """Not a clinic that booking has announced to us."""

    type = "clinic-unknown"
    title = "No such clinic"


class ClinicNotHeardOf(Unavailable):
    """A clinic of the caller's that booking's announcement has not reached us of."""

    type = "clinic-not-heard-of"
    title = "The clinic is not known here yet"


def register(
    tx: Transaction,
    wanted: Mapping[str, Any],
    device_id: UUID,
    now: datetime,
    *,
    clinic_exists: bool = False,
) -> dict[str, Any]:
    """Add a device to a clinic; `wanted` holds the fields of NewDevice.

    `clinic_exists` says that the caller belongs to the clinic: then we only have to wait for its
    announcement.  Raises ModelUnknown, ClinicUnknown, ClinicNotHeardOf, CalibrationImpossible or
    SerialKnown.
    """
    rules.model(wanted["model"])
    clinic = store.clinic(tx, wanted["clinic_id"])
    if clinic is None and clinic_exists:
        raise ClinicNotHeardOf("The clinic is new. Please try again shortly.", retry_after_s=1)
    if clinic is None:
        raise ClinicUnknown("There is no such clinic. If it is new, try again in a moment.")
    calibration = Calibration(
        wanted["calibrated_on"], wanted["calibration_due_on"], wanted["tolerance_um"]
    )
    today = _today(clinic["time_zone"], now)
    rules.require_possible(calibration, today)
    reasons = rules.unfit_because(wanted["model"], "registered", calibration, today)
    device = Device(
        id=device_id,
        clinic_id=wanted["clinic_id"],
        time_zone=clinic["time_zone"],
        name=wanted["name"],
        model=wanted["model"],
        status="registered",
        fit=not reasons,
        reasons=reasons,
        calibration=calibration,
    )
    store.insert(tx, device, wanted["serial"], now)
    _announce(tx, device, now)
    return store.find(tx, device_id)


def calibrate(
    tx: Transaction, device_id: UUID, calibration: Calibration, now: datetime
) -> dict[str, Any]:
    """Note a calibration.  Raises DeviceUnknown, DeviceRetired, CalibrationImpossible."""
    device = store.lock(tx, device_id)
    if device.status == "retired":
        raise DeviceRetired(f"{device.name} is retired.")
    rules.require_possible(calibration, _today(device.time_zone, now))
    if calibration.tolerance_um is None:
        calibration = replace(calibration, tolerance_um=device.calibration.tolerance_um)
    _change(tx, device, now, calibration=calibration)
    return store.find(tx, device_id)


def retire(tx: Transaction, device_id: UUID, now: datetime) -> dict[str, Any]:
    """Take a device out of use for ever; its secrets end.  Repeating it changes nothing."""
    device = store.lock(tx, device_id)
    _change(tx, device, now, status="retired")
    credentials.end_all(tx, device_id, now)
    states.gone(tx, device_id)
    alarms.end_all(tx, device_id, now)
    return store.find(tx, device_id)


def came_on_line(tx: Transaction, device_id: UUID, now: datetime) -> None:
    """Welcome a device that was away: it is idle, and hears what it has missed."""
    device = store.lock(tx, device_id)
    if device.status in {"registered", "offline"}:
        _change(tx, device, now, status="idle")
        commands.say_again(tx, device_id, now)


def went_off_line(tx: Transaction, device_id: UUID, now: datetime) -> None:
    """Note that a device's last will arrived, or that it has been silent for too long."""
    device = store.lock(tx, device_id)
    states.gone(tx, device_id)
    if device.status in {"idle", "needling"}:
        _change(tx, device, now, status="offline")


def set_needling(tx: Transaction, device_id: UUID, now: datetime, *, needling: bool) -> None:
    """Note that the needles began to move, or came to rest."""
    device = store.lock(tx, device_id)
    if device.status != "retired":
        _change(tx, device, now, status="needling" if needling else "idle")


def look_again(tx: Transaction, device_id: UUID, now: datetime) -> None:
    """Judge a device's fitness as of today, and announce it if it changed."""
    _change(tx, store.lock(tx, device_id), now)


def withdraw_overdue(tx: Transaction, now: datetime) -> None:
    """Make devices unfit whose calibration has ended, by their clinic's calendar."""
    for device_id in store.due_for_another_look(tx, now):
        look_again(tx, device_id, now)


def _change(
    tx: Transaction,
    device: Device,
    now: datetime,
    *,
    status: str | None = None,
    calibration: Calibration | None = None,
) -> None:
    """Write a locked device's new state and announce it, unless nothing is new."""
    status = status or device.status
    calibration = calibration or device.calibration
    today = _today(device.time_zone, now)
    reasons = rules.unfit_because(device.model, status, calibration, today)
    changed = replace(
        device, status=status, calibration=calibration, reasons=reasons, fit=not reasons
    )
    if changed != device:
        store.change(tx, changed, now)
        _announce(tx, changed, now)


def _announce(tx: Transaction, device: Device, now: datetime) -> None:
    data = {
        "device_id": device.id,
        "clinic_id": device.clinic_id,
        "model": device.model,
        "name": device.name,
        "status": device.status,
        "fit": device.fit,
        "reasons": device.reasons,
        "changed_at": now,
    }
    outbox.emit(tx, CHANGED, subject=device.id, data=data, clinic_id=device.clinic_id)


def _today(time_zone: str, now: datetime) -> date:
    return now.astimezone(ZoneInfo(time_zone)).date()
