"""A device moves to another clinic."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.device_telemetry.domain.devices import DeviceInSession
from services.device_telemetry.store import commands, credentials, sessions
from services.device_telemetry.store import devices as device_store
from services.device_telemetry.store import places as store
from services.device_telemetry.store.devices import Device
from services.device_telemetry.usecases import alarms, devices, suspensions
from services.device_telemetry.usecases.devices import ClinicUnknown
from shared.db import Transaction


def hold(tx: Transaction, device_id: UUID, clinic_id: UUID) -> Device:
    """Return a device that is to move to `clinic_id`, and hold what goes along.

    A stream that begins meanwhile follows later.  Raises DeviceUnknown or DeviceRetired.
    """
    store.bring_streams(tx, device_id, clinic_id)
    device_store.shut(tx, device_id)
    return devices.in_use(tx, device_id)


def move(tx: Transaction, device: Device, clinic_id: UUID, now: datetime) -> dict[str, Any]:
    """Move a held device.  Where it is already, nothing changes.

    Its secrets end with its topics; its alarms and what it was still to be told end too: what is
    still wrong is found again.  What it recorded stays with the clinic where it did.  Raises
    DeviceInSession or ClinicUnknown.
    """
    if device.clinic_id == clinic_id:
        return device_store.find(tx, device.id, now)
    clinic = device_store.clinic(tx, clinic_id)
    if clinic is None or not clinic["active"]:
        raise ClinicUnknown("There is no such clinic, or it is closed.")
    if sessions.open_on_device(tx, device.id):
        raise DeviceInSession(f"A treatment runs with {device.name}. End it before it moves.")
    store.leave(tx, device.id, device.clinic_id, now)
    devices.part(tx, device, now)
    devices.by_hand(
        tx,
        device,
        now,
        clinic_id=clinic_id,
        time_zone=clinic["time_zone"],
        status="registered" if device.status == "registered" else "offline",
    )
    credentials.end_all(tx, device.id, now)
    suspensions.lift(tx, device.id)
    store.take_along(tx, device.id, clinic_id)
    alarms.end_all(tx, device.id, now)
    commands.drop(tx, device.id, now)
    return device_store.find(tx, device.id, now)


def follow(tx: Transaction, _now: datetime) -> None:
    """Bring along what a device began to send while it moved."""
    store.follow(tx)
