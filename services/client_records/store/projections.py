"""What client records remember of clinics, practitioners, devices and appointments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.client_records.domain.plans import Credential
from services.client_records.domain.sessions import AppointmentUnknown, Device
from shared.db import Transaction, queries

SQL = queries(__file__)


@dataclass(frozen=True, slots=True)
class Clinic:
    """Where a clinic is; both are None while no event has told us."""

    zone: ZoneInfo | None
    jurisdiction: str | None


@dataclass(frozen=True, slots=True)
class Appointment:
    """An appointment as booking last told."""

    appointment_id: UUID
    clinic_id: UUID
    status: str
    client_id: UUID
    treatment_id: UUID
    treatment_name: str
    indication: str | None
    practitioner_id: UUID
    device_id: UUID | None
    starts_at: datetime
    ends_at: datetime


def remember_clinic(tx: Transaction, values: Mapping[str, Any]) -> None:
    """Keep a clinic unless a newer event was kept; `sequence` beside the event's data."""
    tx.run(SQL["remember_clinic"], values)


def remember_practitioner(tx: Transaction, values: Mapping[str, Any]) -> None:
    """Keep a credential unless a newer event was kept."""
    tx.run(SQL["remember_practitioner"], values)


def remember_device(tx: Transaction, values: Mapping[str, Any]) -> None:
    """Keep a device's fitness unless a newer event was kept."""
    tx.run(SQL["remember_device"], values)


def remember_appointment(tx: Transaction, values: Mapping[str, Any]) -> bool:
    """Keep an appointment unless a newer version was kept; say whether it was new to us."""
    return tx.run(SQL["remember_appointment"], values) > 0


def clinic(tx: Transaction, clinic_id: UUID) -> Clinic:
    """Return where a clinic is."""
    row = tx.one(SQL["clinic"], {"clinic_id": clinic_id})
    if row is None:
        return Clinic(None, None)
    return Clinic(ZoneInfo(row["time_zone"]), row["jurisdiction"])


def credential(tx: Transaction, practitioner_id: UUID, clinic_id: UUID) -> Credential | None:
    """Return what a practitioner may do at a clinic; None when nobody told us."""
    values = {"practitioner_id": practitioner_id, "clinic_id": clinic_id}
    row = tx.one(SQL["practitioner"], values)
    return Credential(**row) if row else None


def device(tx: Transaction, device_id: UUID | None, clinic_id: UUID) -> Device | None:
    """Return a device of a clinic; None for one that nobody told us of."""
    row = tx.one(SQL["device"], {"device_id": device_id, "clinic_id": clinic_id})
    return Device(**row | {"reasons": tuple(row["reasons"])}) if row else None


def appointment(tx: Transaction, appointment_id: UUID, *, lock: bool = False) -> Appointment:
    """Return an appointment; `lock` keeps others from starting it.  Raises AppointmentUnknown."""
    query = SQL["lock_appointment" if lock else "appointment"]
    row = tx.one(query, {"appointment_id": appointment_id})
    if row is None:
        raise AppointmentUnknown("This appointment is not known here; if it is new, try again.")
    return Appointment(**row)
