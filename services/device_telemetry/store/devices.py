"""Devices, and what is remembered of the clinics they are in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.errors import UniqueViolation

from services.device_telemetry.domain.devices import Calibration, DeviceUnknown, Service
from shared.db import Transaction, queries
from shared.errors import Conflict

SQL = queries(__file__)


class SerialKnown(Conflict):
    """A device with this model and serial is registered already, here or at another clinic."""

    type = "device-registered"
    title = "This device is registered already"


@dataclass(frozen=True, slots=True)
class Device:
    """A device's row, as it decides what may be done with it.

    `version` counts what people change; `firmware` is what the device said it runs.
    """

    id: UUID
    clinic_id: UUID
    time_zone: str
    name: str
    model: str
    status: str
    fit: bool
    reasons: list[str]
    calibration: Calibration
    service: Service
    firmware: str | None = None
    firmware_withdrawn: bool = False
    version: int = 1
    changed_at: datetime | None = None  # before, for whoever holds it


def insert(tx: Transaction, device: Device, serial: str, now: datetime) -> None:
    """Store a new device.  Raises SerialKnown."""
    try:
        tx.run(SQL["insert"], _values(device) | {"serial": serial, "now": now})
    except UniqueViolation as known:
        raise SerialKnown("A device of this model with this serial is registered.") from known


def lock(tx: Transaction, device_id: UUID) -> Device:
    """Return a device and hold its row.  Raises DeviceUnknown."""
    row = tx.one(SQL["lock"], {"id": device_id})
    if row is None:
        raise DeviceUnknown("There is no such device in your clinic.")
    calibration = Calibration(
        row.pop("calibrated_on"), row.pop("calibration_due_on"), row.pop("tolerance_um")
    )
    service = Service(row.pop("serviced_on"), row.pop("service_due_on"))
    return Device(**row, calibration=calibration, service=service)


def change(tx: Transaction, device: Device, now: datetime) -> None:
    """Write what may change of a locked device."""
    tx.run(SQL["change"], _values(device) | {"now": now})


def withdrawn(tx: Transaction, model: str, version: str | None) -> bool:
    """Say whether a version of a model's firmware was withdrawn."""
    return tx.one(SQL["withdrawn"], {"model": model, "version": version}) is not None


def page(tx: Transaction, wanted: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    """Return devices with their state by id: `wanted` has clinic_id, status, fit, after, limit."""
    return tx.all(SQL["page"], {"id": None, "now": now, **wanted})


def find(tx: Transaction, device_id: UUID, now: datetime) -> dict[str, Any]:
    """Return a device with its state.  Raises DeviceUnknown."""
    anybody = {"clinic_id": None, "status": None, "fit": None, "after": None}
    row = tx.one(SQL["page"], {"id": device_id, "now": now, "limit": 1, **anybody})
    if row is None:
        raise DeviceUnknown("There is no such device in your clinic.")
    return row


def clinic_of(tx: Transaction, device_id: UUID) -> UUID:
    """Return the clinic that a device is in.  Raises DeviceUnknown, also for another clinic's."""
    clinic_id, _ = owners(tx, [device_id]).get(device_id, (None, None))
    if clinic_id is None:
        raise DeviceUnknown("There is no such device in your clinic.")
    return clinic_id


def shut(tx: Transaction, device_id: UUID) -> None:
    """Hold a device, and keep new streams of it from beginning, until the transaction ends."""
    tx.run(SQL["shut"], {"id": device_id})


def owners(tx: Transaction, device_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, str]]:
    """Return clinic and status of each device that exists."""
    rows = tx.all(SQL["owners"], {"ids": list(device_ids)})
    return {row["id"]: (row["clinic_id"], row["status"]) for row in rows}


def hold(tx: Transaction, device_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, str]]:
    """Return clinic and status of each device that exists, and hold their rows."""
    rows = tx.all(SQL["hold"], {"ids": sorted(device_ids)})
    return {row["id"]: (row["clinic_id"], row["status"]) for row in rows}


def due_for_another_look(tx: Transaction, now: datetime) -> list[UUID]:
    """Return devices that were fit and whose calibration has ended or whose service is overdue."""
    return [row["id"] for row in tx.all(SQL["due_for_another_look"], {"now": now})]


def remember_clinic(tx: Transaction, clinic: Mapping[str, Any]) -> None:
    """Note a clinic: clinic_id, name, time_zone, active."""
    tx.run(SQL["remember_clinic"], clinic)


def clinic(tx: Transaction, clinic_id: UUID) -> dict[str, Any] | None:
    """Return a clinic within the transaction's scope."""
    return tx.one(SQL["clinic"], {"clinic_id": clinic_id})


def _values(device: Device) -> dict[str, Any]:
    return {
        "id": device.id,
        "clinic_id": device.clinic_id,
        "name": device.name,
        "model": device.model,
        "status": device.status,
        "fit": device.fit,
        "reasons": device.reasons,
        "calibrated_on": device.calibration.calibrated_on,
        "due_on": device.calibration.due_on,
        "tolerance_um": device.calibration.tolerance_um,
        "serviced_on": device.service.serviced_on,
        "service_due_on": device.service.due_on,
        "firmware": device.firmware,
        "version": device.version,
    }
