"""What device telemetry hears: sessions and their limits, clinics, staff."""

from services.device_telemetry.store import devices, staff_names
from services.device_telemetry.usecases import sessions
from shared import clock, staff
from shared.db import Transaction
from shared.events.catalogue import Event


def begin_session(tx: Transaction, event: Event) -> None:
    """Learn a session's limits, and tell its device."""
    sessions.begin(tx, event.data, clock.now())


def complete_session(tx: Transaction, event: Event) -> None:
    """Summarise a session that was completed."""
    sessions.end(tx, event.data, "completed", clock.now())


def stop_session(tx: Transaction, event: Event) -> None:
    """Summarise a session that was broken off."""
    sessions.end(tx, event.data, "stopped", clock.now())


def remember_clinic(tx: Transaction, event: Event) -> None:
    """Know a clinic's zone and that it exists."""
    devices.remember_clinic(tx, event.data)


def remember_staff(tx: Transaction, event: Event) -> None:
    """Know since when a person's tokens count, and what they are called."""
    staff.remember(tx, event)
    staff_names.remember(tx, event.subject, event.data["name"])


HANDLERS = {
    "client_records.session_started.v1": begin_session,
    "client_records.session_completed.v1": complete_session,
    "client_records.session_stopped.v1": stop_session,
    "booking.clinic_changed.v1": remember_clinic,
    staff.STAFF_CHANGED: remember_staff,
}
