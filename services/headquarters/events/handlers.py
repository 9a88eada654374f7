"""What headquarters hears: everything.  Each event is a sign of life of its clinic."""

from collections.abc import Callable
from functools import wraps

from services.headquarters.store import feed
from services.headquarters.usecases import projecting
from shared import db, staff
from shared.db import Transaction
from shared.events.catalogue import EVENTS, Event

Handler = Callable[[Transaction, Event], None]


def sign_of_life(handler: Handler) -> Handler:
    """Hold the feed first, handle, and note that the clinic lives."""

    @wraps(handler)
    def handled(tx: Transaction, event: Event) -> None:
        feed.hold(tx)
        handler(tx, event)
        if event.clinic_id is not None:
            projecting.heard(tx, event.clinic_id, event.time)

    return handled


def clinic_changed(tx: Transaction, event: Event) -> None:
    """Remember a clinic."""
    projecting.clinic_changed(tx, event.data, event.sequence)


def practitioner_changed(tx: Transaction, event: Event) -> None:
    """Watch when a credential ends."""
    projecting.practitioner_changed(tx, event.data, event.sequence, event.time)


def appointment_changed(tx: Transaction, event: Event) -> None:
    """Count an appointment."""
    projecting.appointment_changed(tx, event.data, event.time)


def device_changed(tx: Transaction, event: Event) -> None:
    """Count a device: it may have moved here, and its row and item are another clinic's then."""
    tx.narrow(db.EVERY_CLINIC)
    projecting.device_changed(tx, event.data, event.sequence, event.time)
    tx.narrow(db.EVERY_CLINIC if event.clinic_id is None else db.Scope.of([event.clinic_id]))


def alarm_changed(tx: Transaction, event: Event) -> None:
    """Show an alarm."""
    projecting.alarm_changed(tx, event.data, event.sequence, event.time)


def adverse_event_reported(tx: Transaction, event: Event) -> None:
    """Start the clock of an adverse event."""
    projecting.adverse_event_reported(tx, event.data, event.sequence, event.time)


def message_arrived(tx: Transaction, event: Event) -> None:
    """Count a message that was handed over or delivered."""
    projecting.message_changed(tx, event.data, event.sequence, arrived=True)


def message_failed(tx: Transaction, event: Event) -> None:
    """Count a message that will not arrive."""
    projecting.message_changed(tx, event.data, event.sequence, arrived=False)


def nothing_more(_tx: Transaction, _event: Event) -> None:
    """Only note that the clinic lives."""


_SPECIAL: dict[str, Handler] = {
    "booking.clinic_changed.v1": clinic_changed,
    "booking.practitioner_changed.v1": practitioner_changed,
    "device_telemetry.device_changed.v1": device_changed,
    "device_telemetry.alarm_raised.v1": alarm_changed,
    "device_telemetry.alarm_cleared.v1": alarm_changed,
    "device_telemetry.alarm_acknowledged.v1": alarm_changed,
    "device_telemetry.alarm_escalated.v1": alarm_changed,
    "device_telemetry.alarm_stop_confirmed.v1": alarm_changed,
    "client_records.adverse_event_reported.v1": adverse_event_reported,
    "notification.message_sent.v1": message_arrived,
    "notification.message_delivered.v1": message_arrived,
    "notification.message_failed.v1": message_failed,
    staff.STAFF_CHANGED: staff.remember,
}


def _handler_of(name: str) -> Handler:
    if name.startswith("booking.appointment_"):
        return appointment_changed
    return _SPECIAL.get(name, nothing_more)


HANDLERS: dict[str, Handler] = {name: sign_of_life(_handler_of(name)) for name in EVENTS}
