"""What booking learns from the other services."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.booking.domain.changes import Change
from services.booking.usecases import calendars, courses, practitioners, rooms, sessions
from shared import db, staff
from shared.db import Transaction
from shared.events.catalogue import Event


@contextmanager
def everywhere(tx: Transaction, event: Event) -> Iterator[None]:
    """See every clinic for a while: a client or a device may come from another one."""
    tx.narrow(db.EVERY_CLINIC)
    yield
    tx.narrow(db.EVERY_CLINIC if event.clinic_id is None else db.Scope.of([event.clinic_id]))


def client_changed(tx: Transaction, event: Event) -> None:
    """Remember that the client exists, and at which clinic."""
    data = event.data
    with everywhere(tx, event):
        sessions.client_changed(tx, data["client_id"], data["clinic_id"], active=data["active"])


def client_erased(tx: Transaction, event: Event) -> None:
    """Cancel what was still to come."""
    data = event.data
    with everywhere(tx, event):
        sessions.client_erased(tx, data["client_id"], data["clinic_id"], now=event.time)


def screening_decided(tx: Transaction, event: Event) -> None:
    """Remember the outcome; appointments to come show it."""
    sessions.screening_decided(tx, event.data, now=event.time)


def session_started(tx: Transaction, event: Event) -> None:
    """Show that the treatment has begun, and with which device."""
    data = event.data
    change = Change(data["practitioner_id"], event.time)
    sessions.started(tx, data["appointment_id"], data["device_id"], change)


def session_ended(tx: Transaction, event: Event) -> None:
    """Complete the appointment; skin recovers from here."""
    sessions.ended(tx, event.data, now=event.time)


def adverse_event_reported(tx: Transaction, event: Event) -> None:
    """Stop the rest of the client's courses, wherever they are, when it is severe."""
    if event.data["severity"] in courses.STOPPING:
        with everywhere(tx, event):
            courses.pause_all(tx, event.data["client_id"], now=event.time)


def device_changed(tx: Transaction, event: Event) -> None:
    """Remember whether the device may be used."""
    with everywhere(tx, event):
        rooms.remember_device(tx, event.data)


def staff_changed(tx: Transaction, event: Event) -> None:
    """Refuse tokens of an older epoch; end the practice of somebody who left, and the diaries."""
    staff.remember(tx, event)
    data = event.data
    staff_id, clinic_ids, active = data["staff_id"], data["clinic_ids"], data["active"]
    practitioners.staff_changed(tx, staff_id, clinic_ids, active=active)
    calendars.staff_changed(tx, staff_id, clinic_ids, active=active, now=event.time)


HANDLERS: dict[str, Callable[[Transaction, Event], None]] = {
    "client_records.client_changed.v1": client_changed,
    "client_records.client_erased.v1": client_erased,
    "client_records.screening_decided.v1": screening_decided,
    "client_records.session_started.v1": session_started,
    "client_records.session_completed.v1": session_ended,
    "client_records.session_stopped.v1": session_ended,
    "client_records.adverse_event_reported.v1": adverse_event_reported,
    "device_telemetry.device_changed.v1": device_changed,
    staff.STAFF_CHANGED: staff_changed,
}
