"""The fleet: which devices there are, and which are fit for use."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.device_telemetry.domain import devices as rules
from services.device_telemetry.domain.devices import Calibration, DeviceRetired, Service
from services.device_telemetry.store import commands, credentials, firmware, sessions, states
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
    announcement.  Raises ModelUnknown, HomeUnit, ClinicUnknown, ClinicNotHeardOf,
    CalibrationImpossible, ServiceImpossible or SerialKnown.
    """
    rules.model(wanted["model"])
    rules.require_professional(wanted["model"], wanted["serial"])
    clinic = store.clinic(tx, wanted["clinic_id"])
    if clinic is None and clinic_exists:
        raise ClinicNotHeardOf("The clinic is new. Please try again shortly.", retry_after_s=1)
    if clinic is None:
        raise ClinicUnknown("There is no such clinic. If it is new, try again in a moment.")
    calibration = Calibration(
        wanted["calibrated_on"], wanted["calibration_due_on"], wanted["tolerance_um"]
    )
    service = Service(wanted["serviced_on"], wanted["service_due_on"])
    today = _today(clinic["time_zone"], now)
    rules.require_possible(calibration, today)
    rules.require_done(service, today)
    reasons = rules.unfit_because(
        wanted["model"], "registered", calibration, today, service=service
    )
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
        service=service,
    )
    store.insert(tx, device, wanted["serial"], now)
    _announce(tx, device, now)
    return store.find(tx, device_id, now)


def rename(tx: Transaction, device: Device, name: str, now: datetime) -> dict[str, Any]:
    """Give a locked device another label."""
    by_hand(tx, device, now, name=name)
    return store.find(tx, device.id, now)


def calibrate(
    tx: Transaction, device_id: UUID, calibration: Calibration, now: datetime
) -> dict[str, Any]:
    """Note a calibration.  Raises DeviceUnknown, DeviceRetired, CalibrationImpossible."""
    device = in_use(tx, device_id)
    rules.require_possible(calibration, today_of(device, now))
    if calibration.tolerance_um is None:
        calibration = replace(calibration, tolerance_um=device.calibration.tolerance_um)
    by_hand(tx, device, now, calibration=calibration)
    return store.find(tx, device_id, now)


def retire(tx: Transaction, device_id: UUID, now: datetime) -> dict[str, Any]:
    """Take a device out of use for ever; its secrets end.  Repeating it changes nothing.

    So do its alarms, what it was still to be told, and a treatment that ran with it: what was
    delivered until now is summarised.
    """
    device = store.lock(tx, device_id)
    if device.status != "retired":
        by_hand(tx, device, now, status="retired")
    credentials.end_all(tx, device_id, now)
    states.gone(tx, device_id)
    sessions.break_off(tx, device_id, now)
    alarms.end_all(tx, device_id, now)
    commands.drop(tx, device_id, now)
    return store.find(tx, device_id, now)


def in_use(tx: Transaction, device_id: UUID) -> Device:
    """Return a device and hold its row.  Raises DeviceUnknown, DeviceRetired."""
    device = store.lock(tx, device_id)
    if device.status == "retired":
        raise DeviceRetired(f"{device.name} is retired.")
    return device


def came_on_line(
    tx: Transaction, device_id: UUID, now: datetime, *, firmware_version: str | None = None
) -> None:
    """Welcome a device that was away: it is idle, and hears what it has missed.

    `firmware_version` is what it says it runs; None: it says nothing of it.
    """
    device = store.lock(tx, device_id)
    if firmware_version is not None and firmware_version != device.firmware:
        firmware.saw(tx, device_id, device.clinic_id, version=firmware_version, now=now)
        device = _runs(tx, device, firmware_version, now)
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
    """Make devices unfit whose calibration or service fell due, by their clinic's calendar."""
    for device_id in store.due_for_another_look(tx, now):
        look_again(tx, device_id, now)


def by_hand(tx: Transaction, device: Device, now: datetime, **changes: Any) -> Device:
    """Change a locked device as a person wants it: a new version.  Announce what is new."""
    return _change(tx, device, now, **changes, version=device.version + 1)


def today_of(device: Device, now: datetime) -> date:
    """Return the date at the device's clinic."""
    return _today(device.time_zone, now)


def _runs(tx: Transaction, device: Device, version: str, now: datetime) -> Device:
    withdrawn = store.withdrawn(tx, device.model, version)
    return _change(tx, device, now, firmware=version, firmware_withdrawn=withdrawn)


def _change(tx: Transaction, device: Device, now: datetime, **changes: Any) -> Device:
    """Write a locked device's new state, and announce it where others are told of it."""
    changed = replace(device, **changes)
    reasons = rules.unfit_because(
        changed.model,
        changed.status,
        changed.calibration,
        today_of(changed, now),
        service=changed.service,
        firmware_withdrawn=changed.firmware_withdrawn,
    )
    changed = replace(changed, reasons=reasons, fit=not reasons)
    at = _not_before(device, now)
    if changed != device:
        store.change(tx, changed, at)
    if _told(changed) != _told(device):
        _announce(tx, changed, at)
    return changed


def _not_before(device: Device, now: datetime) -> datetime:
    """Return when a held device changes: whoever waited for it read the clock before it changed.

    Others go by this time, and pass over what they take for older than what they know.
    """
    return max(now, device.changed_at or now)


def _told(device: Device) -> dict[str, Any]:
    """Return what others are told of a device."""
    return {
        "device_id": device.id,
        "clinic_id": device.clinic_id,
        "model": device.model,
        "name": device.name,
        "status": device.status,
        "fit": device.fit,
        "reasons": device.reasons,
    }


def _announce(tx: Transaction, device: Device, now: datetime) -> None:
    data = _told(device) | {"changed_at": now}
    outbox.emit(tx, CHANGED, subject=device.id, data=data, clinic_id=device.clinic_id)


def part(tx: Transaction, device: Device, now: datetime) -> None:
    """Tell the clinic that a device leaves that it cannot be used there any more."""
    gone = replace(device, status="offline", fit=False, reasons=["moved"])
    _announce(tx, gone, _not_before(device, now))


def _today(time_zone: str, now: datetime) -> date:
    return now.astimezone(ZoneInfo(time_zone)).date()
