"""Event edge: remember what others say, decide screenings again when an appointment moves."""

from collections.abc import Callable, Mapping

from services.client_records.store import projections
from services.client_records.store.projections import Appointment
from services.client_records.usecases import charts, screenings
from shared import ids, staff
from shared.db import Transaction
from shared.events.catalogue import Event


def remember_clinic(tx: Transaction, event: Event) -> None:
    """Note a clinic's time zone and jurisdiction."""
    projections.remember_clinic(tx, {**event.data, "sequence": event.sequence})


def remember_practitioner(tx: Transaction, event: Event) -> None:
    """Note how deep a practitioner may needle, and until when."""
    projections.remember_practitioner(tx, {**event.data, "sequence": event.sequence})


def remember_device(tx: Transaction, event: Event) -> None:
    """Note whether a device may be used."""
    projections.remember_device(tx, {**event.data, "sequence": event.sequence})


def remember_appointment(tx: Transaction, event: Event) -> None:
    """Note an appointment."""
    projections.remember_appointment(tx, event.data)


def remember_booking(tx: Transaction, event: Event) -> None:
    """Note a new appointment, and decide on answers that came before it."""
    _reconsider(tx, event, screenings.BOOKED)


def remember_move(tx: Transaction, event: Event) -> None:
    """Note a moved appointment, and decide again for its new time."""
    _reconsider(tx, event, screenings.MOVED)


def keep_run(tx: Transaction, event: Event) -> None:
    """Put what the device delivered on the session's chart."""
    charts.keep_run(tx, event.data["session_id"], event.data["zones"])


def _reconsider(tx: Transaction, event: Event, cause: str) -> None:
    if not projections.remember_appointment(tx, event.data):
        return
    names = Appointment.__dataclass_fields__
    appointment = Appointment(**{name: event.data[name] for name in names})
    screenings.reconsider(tx, appointment, cause, new_id=ids.new(), now=event.time)


Handler = Callable[[Transaction, Event], None]
HANDLERS: Mapping[str, Handler] = {
    "booking.clinic_changed.v1": remember_clinic,
    "booking.practitioner_changed.v1": remember_practitioner,
    "booking.appointment_booked.v1": remember_booking,
    "booking.appointment_moved.v1": remember_move,
    "booking.appointment_confirmed.v1": remember_appointment,
    "booking.appointment_cancelled.v1": remember_appointment,
    "booking.appointment_arrived.v1": remember_appointment,
    "booking.appointment_missed.v1": remember_appointment,
    "booking.appointment_completed.v1": remember_appointment,
    "booking.appointment_changed.v1": remember_appointment,
    "device_telemetry.device_changed.v1": remember_device,
    "device_telemetry.run_summarised.v1": keep_run,
    staff.STAFF_CHANGED: staff.remember,
}
