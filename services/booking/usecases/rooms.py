"""The rooms of a clinic, and the devices that can be booked with them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.booking.store import devices, resources
from services.booking.store import rooms as store
from services.booking.usecases import clinics, disruptions
from shared.db import Transaction
from shared.errors import NotFound


class RoomUnknown(NotFound):
    """The clinic has no such room."""

    type = "room-unknown"
    title = "There is no such room"


def add(tx: Transaction, clinic_id: UUID, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Add a room with its `id`.  Raises ClinicUnknown."""
    clinics.find(tx, clinic_id)
    resources.remember(tx, wanted["id"], "room")
    store.insert(tx, {**wanted, "clinic_id": clinic_id})
    return find(tx, clinic_id, wanted["id"])


def change(
    tx: Transaction, current: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Change what `changes` names of a room that `find` locked."""
    store.update(tx, {**current, **changes})
    if changes.keys() & {"active", "kind"}:
        disruptions.look_again(tx, current["clinic_id"], resource_id=current["id"])
    return find(tx, current["clinic_id"], current["id"])


def find(tx: Transaction, clinic_id: UUID, room_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    """Return a room.  Raises RoomUnknown."""
    found = store.find(tx, clinic_id, room_id, lock=lock)
    if found is None:
        raise RoomUnknown("There is no such room at this clinic.")
    return found


def page(tx: Transaction, clinic_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's rooms by name."""
    return store.page(tx, clinic_id, binds)


def device_page(tx: Transaction, clinic_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's devices by name, as device telemetry last told."""
    return devices.page(tx, clinic_id, binds)


def remember_device(tx: Transaction, told: Mapping[str, Any]) -> None:
    """Keep what device telemetry tells of a device: an unfit one is offered no longer.

    Appointments with a device that became unfit, fit again, or went, are looked at.
    """
    resources.remember(tx, told["device_id"], "device")
    before = devices.find(tx, told["device_id"])
    if not devices.remember(tx, told) or before is None or _usable(before) == _usable(told):
        return
    for clinic_id in {before["clinic_id"], told["clinic_id"]}:
        disruptions.look_again(tx, clinic_id, resource_id=told["device_id"])


def _usable(device: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what of a device decides whether appointments can have it."""
    away = device["status"] if device["status"] in {"offline", "retired"} else None
    return device["clinic_id"], device["fit"], device["model"], away
