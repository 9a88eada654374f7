"""Appointments, devices, alarms, adverse events and messages, as far as they count.

Each keeps what it was last heard to be, so that a late or repeated event changes nothing, and a
newer one takes back exactly what the older had added to a day.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from services.headquarters.domain import days
from services.headquarters.domain.days import NOTHING, Share
from services.headquarters.store.days import shift
from shared.db import Transaction, queries

SQL = queries(__file__)
Row = Mapping[str, Any]


def keep_appointment(tx: Transaction, row: Row) -> bool:
    """Remember an appointment and count it on its day.  False: we knew this version or a newer."""
    before = tx.one(SQL["appointment"], row)
    if before and before["version"] >= row["version"]:
        return False
    tx.run(SQL["keep_appointment"], row)
    was = _appointment_share(before) if before else NOTHING
    shift(tx, row["clinic_id"], was, _appointment_share(row))
    return True


def appointments_of_day(tx: Transaction, clinic_id: UUID, day: date) -> list[dict[str, Any]]:
    """Return a clinic's appointments of one of its days, without their clients."""
    return tx.all(SQL["appointments_of_day"], {"clinic_id": clinic_id, "day": day})


def keep_device(tx: Transaction, row: Row) -> bool:
    """Remember a device.  False: we knew something newer."""
    return tx.run(SQL["keep_device"], row) == 1


def see_device(tx: Transaction, device_id: UUID, clinic_id: UUID, day: date) -> None:
    """Count a device among those on line on a day, once."""
    values = {"id": device_id, "clinic_id": clinic_id, "day": day}
    if tx.run(SQL["see_device"], values):
        shift(tx, clinic_id, NOTHING, Share(day, {"devices_seen": 1}))


def keep_alarm(tx: Transaction, row: Row) -> bool:
    """Remember an alarm and count it on the day it was raised.  False: we knew something newer."""
    before = tx.one(SQL["alarm"], row)
    if before and before["sequence"] >= row["sequence"]:
        return False
    tx.run(SQL["keep_alarm"], row)
    was = days.of_alarm(before["kind"], before["day"]) if before else NOTHING
    shift(tx, row["clinic_id"], was, days.of_alarm(row["kind"], row["day"]))
    return True


def open_alarms(tx: Transaction, clinic_id: UUID | None = None) -> list[dict[str, Any]]:
    """Return alarms that have not ended, the newest first, at most 500."""
    return tx.all(SQL["open_alarms"], {"clinic_id": clinic_id})


def page_of_open_alarms(
    tx: Transaction, clinic_id: UUID | None, binds: Row
) -> list[dict[str, Any]]:
    """Return alarms that have not ended before `after`, the newest first, at most `limit`."""
    return tx.all(SQL["page_of_open_alarms"], {"clinic_id": clinic_id, **binds})


def keep_adverse_event(tx: Transaction, row: Row) -> bool:
    """Remember an adverse event and count it.  False: we knew it."""
    if not tx.run(SQL["keep_adverse_event"], row):
        return False
    shift(tx, row["clinic_id"], NOTHING, days.of_adverse_event(row["day"]))
    return True


def keep_message(tx: Transaction, row: Row) -> bool:
    """Remember what became of a message and count it.  False: we knew something newer."""
    before = tx.one(SQL["message"], row)
    if before and before["sequence"] >= row["sequence"]:
        return False
    tx.run(SQL["keep_message"], row)
    was = days.of_message(before["day"], arrived=before["arrived"]) if before else NOTHING
    shift(tx, row["clinic_id"], was, days.of_message(row["day"], arrived=row["arrived"]))
    return True


def _appointment_share(row: Row) -> Share:
    return days.of_appointment(row["status"], row["day"], row["minutes"])
