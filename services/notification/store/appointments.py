"""Appointments as notification last heard of them."""

from dataclasses import asdict
from uuid import UUID

from services.notification.domain.appointments import Appointment
from shared.db import Transaction, queries

SQL = queries(__file__)


def find(tx: Transaction, appointment_id: UUID) -> Appointment | None:
    """Return what we know of an appointment, locked until commit."""
    row = tx.one(SQL["find"], {"id": appointment_id})
    return Appointment(**row) if row else None


def keep(tx: Transaction, appointment: Appointment) -> bool:
    """Remember an appointment.  False: we already knew this version or a newer one."""
    return tx.run(SQL["keep"], asdict(appointment)) == 1
