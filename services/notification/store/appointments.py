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


def course(tx: Transaction, course_id: UUID | None) -> list[Appointment]:
    """Return the sessions of a course that we heard of, by time."""
    return [Appointment(**row) for row in tx.all(SQL["course"], {"course_id": course_id})]


def keep(tx: Transaction, appointment: Appointment) -> bool:
    """Remember an appointment.  False: we already knew this version or a newer one."""
    return tx.run(SQL["keep"], asdict(appointment)) == 1
