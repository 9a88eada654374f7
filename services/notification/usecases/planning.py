"""Messages follow appointments: planned with the booking, moved with it, cancelled with it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.notification.domain import messages as rules
from services.notification.domain.appointments import CANCELLED, HELD, Appointment, teller
from services.notification.domain.messages import (
    TELLS_OF_VISIT,
    Clinic,
    Contact,
    Kind,
    Plan,
    State,
)
from services.notification.store import appointments, contacts, messages
from shared import ids
from shared.db import Transaction


def appointment_changed(tx: Transaction, now_is: Appointment, at: datetime) -> None:
    """Plan, move or cancel what an appointment's new state calls for.  `at` is when it changed.

    It compares states, not event names: whatever was missed in between is made up for.
    """
    before = appointments.find(tx, now_is.id)
    if not appointments.keep(tx, now_is):
        return
    if now_is.is_live:
        _visit_is_due(tx, before, now_is, at)
        return
    messages.die(tx, now_is.id, TELLS_OF_VISIT, f"appointment_{now_is.status}")
    if before is not None and before.in_course:
        _hand_on(tx, before, at)
    called_off = now_is.status == CANCELLED and (before is None or before.status != CANCELLED)
    if called_off and at < now_is.starts_at:
        _plan(tx, now_is, rules.at_once(Kind.CANCELLED, now_is, at), at)
    elif now_is.status == CANCELLED:
        messages.follow(tx, now_is.id, rules.at_once(Kind.CANCELLED, now_is, at), new_time=False)


def place_offered(tx: Transaction, place: Appointment, expires_at: datetime, at: datetime) -> None:
    """Tell a client of the place that is kept for them.  Once it is booked, this is outdated."""
    if appointments.keep(tx, place):
        _plan(tx, place, rules.offer(place, expires_at, at), at)


def session_ended(
    tx: Transaction, *, appointment_id: UUID, clinic_id: UUID, client_id: UUID, ended_at: datetime
) -> None:
    """Plan the advice for the day after."""
    where = _zone(tx, clinic_id, appointment_id)
    whose = {
        "id": ids.new(),
        "clinic_id": clinic_id,
        "client_id": client_id,
        "appointment_id": appointment_id,
        "now": ended_at,
    }
    way = rules.reachable(contacts.contact(tx, client_id))
    messages.plan(tx, rules.aftercare(ended_at, where), whose, way)


def client_changed(
    tx: Transaction, *, client_id: UUID, clinic_id: UUID, facts: Contact, version: int
) -> None:
    """Remember how a client is reached; what waited for it, or had no way to go, goes now."""
    if contacts.keep_client(tx, client_id, clinic_id, facts, version):
        messages.reach_again(tx, client_id, rules.reachable(facts))


def client_erased(tx: Transaction, client_id: UUID, clinic_id: UUID) -> None:
    """Forget how a client was reached and drop what was still to come."""
    contacts.erase_client(tx, client_id, clinic_id)
    messages.reach_again(tx, client_id, rules.reachable(contacts.contact(tx, client_id)))


def clinic_changed(tx: Transaction, clinic_id: UUID, facts: Clinic, sequence: int) -> None:
    """Remember what messages say of a clinic; what waited for it goes now."""
    if contacts.keep_clinic(tx, clinic_id, facts, sequence):
        messages.clinic_heard(tx, clinic_id)


def zone(tx: Transaction, clinic_id: UUID) -> str:
    """Return the clinic's zone, UTC while we have not heard of the clinic."""
    clinic = contacts.clinic(tx, clinic_id)
    return clinic.time_zone if clinic else "UTC"


def _visit_is_due(
    tx: Transaction, before: Appointment | None, now_is: Appointment, at: datetime
) -> None:
    """Tell the client of a visit, new, moved, or as it was."""
    known = before if before is not None and before.is_live and before.status != HELD else None
    same = known is not None and now_is.reads_like(known)
    new_time = known is None or known.starts_at != now_is.starts_at
    confirmation = rules.at_once(Kind.CONFIRMATION, now_is, at)
    unsaid = messages.follow(tx, now_is.id, confirmation, new_time=False)
    moved = rules.at_once(Kind.MOVED, now_is, at)
    messages.follow(tx, now_is.id, moved, new_time=False)
    if before is None and now_is.in_course and _told_with_course(tx, now_is):
        pass  # the first session's confirmation lists this one
    elif known is None:
        _plan(tx, now_is, confirmation, at)
    elif not same and not unsaid:
        _plan(tx, now_is, moved, at)
    reminder = rules.reminder(now_is, at)
    if not messages.follow(tx, now_is.id, reminder, new_time=new_time) and new_time:
        _plan(tx, now_is, reminder, at)


def _told_with_course(tx: Transaction, session: Appointment) -> bool:
    """Say whether another session's confirmation is still to go, and will list this one.

    That of the first; where it is off already, that of the first of the others.
    """
    told = messages.course_told(tx, session.course_id)
    if session.course_number == 1 or told is State.SENT:
        return False
    heard = appointments.course(tx, session.course_id)
    return told is not None or all(each.course_number != 1 for each in heard)


def _hand_on(tx: Transaction, gone: Appointment, at: datetime) -> None:
    """Let the next session's confirmation tell the course, if the one that should never went."""
    heir = teller(appointments.course(tx, gone.course_id))
    if heir is not None and messages.course_told(tx, gone.course_id) is None:
        _plan(tx, heir, rules.at_once(Kind.CONFIRMATION, heir, at), at)


def _plan(tx: Transaction, whose: Appointment, plan: Plan, at: datetime) -> None:
    facts: dict[str, Any] = {
        "id": ids.new(),
        "clinic_id": whose.clinic_id,
        "client_id": whose.client_id,
        "appointment_id": whose.id,
        "now": at,
    }
    messages.plan(tx, plan, facts, rules.reachable(contacts.contact(tx, whose.client_id)))


def _zone(tx: Transaction, clinic_id: UUID, appointment_id: UUID) -> str:
    """Return the clinic's zone as far as known; the dispatcher looks at the clock once more."""
    appointment = appointments.find(tx, appointment_id)
    return appointment.time_zone if appointment else zone(tx, clinic_id)
