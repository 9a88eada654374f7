"""What notification hears: appointments, sessions, contacts, clinics, staff.

A client may be treated at another clinic than their own, so contacts are looked up franchise-wide.
"""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from services.notification.domain.appointments import HELD, Appointment
from services.notification.domain.messages import Clinic, Contact
from services.notification.usecases import planning
from shared import db, staff
from shared.db import Transaction
from shared.events.catalogue import Event

Handler = Callable[[Transaction, Event], None]
NOBODY = UUID(int=0)  # an older publisher does not say who treats


def franchise_wide(handler: Handler) -> Handler:
    """Let a handler see every clinic, and the next one its own again."""

    @wraps(handler)
    def wide(tx: Transaction, event: Event) -> None:
        tx.narrow(db.EVERY_CLINIC)
        handler(tx, event)
        if event.clinic_id is not None:
            tx.narrow(db.Scope(str(event.clinic_id)))

    return wide


@franchise_wide
def appointment_changed(tx: Transaction, event: Event) -> None:
    """Let the messages of an appointment follow its new state."""
    data = event.data
    appointment = Appointment(
        id=data["appointment_id"],
        clinic_id=data["clinic_id"],
        client_id=data["client_id"],
        version=data["version"],
        status=data["status"],
        starts_at=data["starts_at"],
        ends_at=data["ends_at"],
        time_zone=data["time_zone"],
        practitioner_id=data["practitioner_id"],
        practitioner_name=data["practitioner_name"],
        link_issue=data["link_issue"],
        course_id=data["course_id"],
        course_number=data["course_number"],
        course_sessions=data["course_sessions"],
    )
    planning.appointment_changed(tx, appointment, data["changed_at"])


@franchise_wide
def place_offered(tx: Transaction, event: Event) -> None:
    """Tell the client of the place that is kept for them."""
    data = event.data
    place = Appointment(
        id=data["offer_id"],
        clinic_id=data["clinic_id"],
        client_id=data["client_id"],
        version=1,  # as every hold; the booking that may follow is a later one
        status=HELD,
        starts_at=data["starts_at"],
        ends_at=data["ends_at"] or data["starts_at"],
        time_zone=data["time_zone"] or planning.zone(tx, data["clinic_id"]),
        practitioner_id=data["practitioner_id"] or NOBODY,
        practitioner_name=data["practitioner_name"] or "",
    )
    planning.place_offered(tx, place, data["expires_at"], event.time)


@franchise_wide
def session_completed(tx: Transaction, event: Event) -> None:
    """Plan the aftercare advice."""
    planning.session_ended(
        tx,
        appointment_id=event.data["appointment_id"],
        clinic_id=event.data["clinic_id"],
        client_id=event.data["client_id"],
        ended_at=event.data["ended_at"],
    )


def session_stopped(tx: Transaction, event: Event) -> None:
    """Plan the advice when some zone was treated before it was broken off."""
    if event.data["zones"]:
        session_completed(tx, event)


@franchise_wide
def client_changed(tx: Transaction, event: Event) -> None:
    """Remember how a client is reached."""
    data = event.data
    facts = Contact(
        given_name=data["given_name"],
        email=data["email"],
        phone=data["phone"],
        locale=data["locale"],
        active=data["active"],
        erased=False,
    )
    planning.client_changed(
        tx,
        client_id=data["client_id"],
        clinic_id=data["clinic_id"],
        facts=facts,
        version=data["version"],
    )


@franchise_wide
def client_erased(tx: Transaction, event: Event) -> None:
    """Forget how a client was reached."""
    planning.client_erased(tx, event.data["client_id"], event.data["clinic_id"])


def clinic_changed(tx: Transaction, event: Event) -> None:
    """Remember what messages say of a clinic."""
    data = event.data
    facts = Clinic(data["name"], data["time_zone"], data["phone"], data["email"])
    planning.clinic_changed(tx, data["clinic_id"], facts, event.sequence)


HANDLERS: dict[str, Handler] = {
    "booking.appointment_booked.v1": appointment_changed,
    "booking.appointment_moved.v1": appointment_changed,
    "booking.appointment_confirmed.v1": appointment_changed,
    "booking.appointment_cancelled.v1": appointment_changed,
    "booking.appointment_arrived.v1": appointment_changed,
    "booking.appointment_changed.v1": appointment_changed,
    "booking.appointment_missed.v1": appointment_changed,
    "booking.appointment_completed.v1": appointment_changed,
    "booking.place_offered.v1": place_offered,
    "booking.clinic_changed.v1": clinic_changed,
    "client_records.client_changed.v1": client_changed,
    "client_records.client_erased.v1": client_erased,
    "client_records.session_completed.v1": session_completed,
    "client_records.session_stopped.v1": session_stopped,
    staff.STAFF_CHANGED: staff.remember,
}
