"""Booking, moving, and every other step of an appointment.  Each is part of one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.domain import appointments as rules
from services.booking.domain.appointments import AppointmentUnknown
from services.booking.domain.changes import Change
from services.booking.domain.courses import CoursePaused
from services.booking.domain.disruptions import unmended
from services.booking.domain.policies import CLIENT
from services.booking.store import appointments as store
from services.booking.store import courses, freed, recoveries
from services.booking.usecases import announcements, ledger, places
from services.booking.usecases.availability import Question
from services.booking.usecases.places import FOLLOWED, Seat
from services.booking.usecases.practitioners import PractitionerUnknown
from shared.db import Transaction

_MAY_CHANGE = ("status", *FOLLOWED, "disrupted")
_PLACE = ("starts_at", "ends_at", "practitioner_id", "room_id", "device_id")


@dataclass(frozen=True, slots=True)
class Wanted:
    """An appointment as it is asked for; its id was made at the edge."""

    id: UUID
    clinic_id: UUID
    client_id: UUID
    treatment_id: UUID
    starts_at: datetime
    practitioner_id: UUID | None = None
    zones: Sequence[str] | None = None  # None: the treatment as a whole, or those of the hold
    waived: frozenset[str] = frozenset()  # reasons that shall not count
    deposit: bool = True  # False: there is no beforehand, or it was agreed elsewhere


@dataclass(frozen=True, slots=True)
class Move:
    """Where an appointment shall go; None stays as it is."""

    starts_at: datetime | None = None
    practitioner_id: UUID | None = None


def book(tx: Transaction, wanted: Wanted, change: Change) -> dict[str, Any]:
    """Take practitioner, room, device and client for a treatment, and announce it.

    Raises as places.settle.
    """

    def write(seat: Seat) -> dict[str, Any]:
        appointment = {
            **seat.facts,
            **seat.terms.facts,
            "id": wanted.id,
            "client_id": wanted.client_id,
            "status": "booked",
            "expires_at": None,
            "version": 1,
        }
        store.insert(tx, appointment)
        return announced(tx, appointment, seat, change, deposit=wanted.deposit)

    return places.settle(tx, _question(wanted), change.now, frozenset(), write)


def announced(
    tx: Transaction,
    appointment: Mapping[str, Any],
    seat: Seat,
    change: Change,
    *,
    deposit: bool = True,
) -> dict[str, Any]:
    """Take the seat for an appointment that was just stored, and announce it as booked.

    `deposit` says whether the one of the clinic's policy is asked for.
    """
    places.take(tx, appointment, seat, change.now)
    changed = ("status", *FOLLOWED)
    announcements.appointment(tx, appointment, "booked", changed, change)
    asked = seat.terms.deposit if deposit else None
    ledger.booked(tx, appointment, asked, change)
    return dict(appointment)


def move(tx: Transaction, current: Mapping[str, Any], to: Move, change: Change) -> dict[str, Any]:
    """Take another time or practitioner for an appointment that `find` locked.

    The client confirms anew, and the terms stay those of the booking; where nothing would be
    different, nothing is written.  Who keeps the time needs no notice; whose practitioner has left
    gets another.  Raises WrongState, and as `book`.
    """
    if current["status"] not in rules.MOVABLE:
        raise rules.wrong_state("move", current["status"])
    starts_at = to.starts_at or current["starts_at"]
    person = to.practitioner_id or current["practitioner_id"]
    waived = rules.AGREED if starts_at == current["starts_at"] else frozenset()
    question = places.another_for(current, starts_at, person, waived=waived)

    def write(seat: Seat) -> dict[str, Any]:
        if not current["disrupted"] and all(seat.facts[name] == current[name] for name in _PLACE):
            return dict(current)
        moved = relocated(tx, current, seat, change.now)
        announce_move(tx, current, moved, change)
        return moved

    preferred = frozenset({current["room_id"], current["device_id"]})
    try:
        return places.settle(tx, question, change.now, preferred, write)
    except PractitionerUnknown:
        if to.practitioner_id is not None:
            raise
        anybody = replace(question, practitioner_id=None)
        return places.settle(tx, anybody, change.now, preferred, write)


def relocated(
    tx: Transaction, current: Mapping[str, Any], seat: Seat, now: datetime
) -> dict[str, Any]:
    """Store the appointment in another seat, not yet announced.  Raises Overtaken."""
    appointment = {**current, **seat.facts, "status": "booked"}
    appointment["disrupted"] = unmended(current["disrupted"])
    appointment["version"] += 1
    store.update(tx, appointment)
    places.take(tx, appointment, seat, now)
    freed.note(tx, current["clinic_id"], current["starts_at"], current["ends_at"], now)
    return appointment


def announce_move(
    tx: Transaction, before: Mapping[str, Any], moved: Mapping[str, Any], change: Change
) -> None:
    """Announce what is different since `before`."""
    changed = [name for name in _MAY_CHANGE if moved[name] != before[name]]
    announcements.appointment(tx, moved, "moved", changed, change)


def step(
    tx: Transaction,
    name: str,
    current: Mapping[str, Any],
    change: Change,
    *,
    wished_by: str = CLIENT,
) -> dict[str, Any]:
    """Take a step of domain.appointments.STEPS; one that is taken already changes nothing.

    `current` comes from `find` with lock.  `wished_by` says at whose wish it is cancelled: what the
    CLINIC cancels costs nothing.  Raises WrongState, NotYet or CoursePaused.
    """
    wanted = rules.STEPS[name]
    if current["status"] == wanted.status:
        return dict(current)
    rules.require(wanted, current["status"])
    if name == "arrive" and current.get("course_id"):
        _require_running(tx, current["course_id"])
    costs = ledger.costs(tx, name, current, change.now, wished_by)
    done = enter(tx, current, wanted.status, change)
    ledger.ended(tx, done, costs, change)
    return done


def enter(
    tx: Transaction,
    current: Mapping[str, Any],
    status: str,
    change: Change,
    *,
    changed: tuple[str, ...] = ("status",),
) -> dict[str, Any]:
    """Put an appointment into a state, free what it no longer takes, and announce it.

    `changed` names what else of `current` is new.
    """
    appointment = {**current, "status": status, "version": current["version"] + 1}
    if status not in rules.UPCOMING:
        appointment["disrupted"] = []
    store.update(tx, appointment)
    if status == "completed":
        store.release_unused(tx, appointment["id"], change.now)
    if status not in rules.OCCUPYING:
        store.release(tx, appointment["id"])
        recoveries.release(tx, appointment["id"])
    if status == "completed" or status not in rules.OCCUPYING:
        freed.note(tx, current["clinic_id"], current["starts_at"], current["ends_at"], change.now)
    happened = "changed" if status == "in_treatment" else status
    announcements.appointment(tx, appointment, happened, changed, change)
    return appointment


def write_note(
    tx: Transaction, current: Mapping[str, Any], note: str | None, change: Change
) -> dict[str, Any]:
    """Write the desk's note on an appointment that was promised; None takes it away.

    It stays here: neither history nor event carries its words.
    """
    appointment = {**current, "note": note, "version": current["version"] + 1}
    store.write_note(tx, appointment)
    announcements.appointment(tx, appointment, "changed", ["note"], change)
    return appointment


def find(tx: Transaction, appointment_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    """Return the whole appointment.  Raises AppointmentUnknown."""
    found = store.find(tx, appointment_id, lock=lock)
    if found is None:
        raise AppointmentUnknown("There is no such appointment.")
    return found


def promised(tx: Transaction, appointment_id: UUID) -> dict[str, Any]:
    """Return an appointment that somebody was promised, locked.  Raises AppointmentUnknown."""
    found = find(tx, appointment_id, lock=True)
    if found["status"] in {"held", "lapsed"}:
        raise AppointmentUnknown("This place was only held: there is no appointment.")
    return found


def page(tx: Transaction, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's appointments by time; see the store."""
    return store.page(tx, wanted)


def history(
    tx: Transaction, appointment_id: UUID, binds: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return what happened to an appointment, oldest first; see the store.

    Raises AppointmentUnknown.
    """
    find(tx, appointment_id)
    return store.history(tx, appointment_id, binds)


def _require_running(tx: Transaction, course_id: UUID) -> None:
    """Raise CoursePaused while the course is stopped."""
    if courses.status(tx, course_id) == "paused":
        raise CoursePaused("This course is paused. A practitioner must let it go on first.")


def _question(wanted: Wanted) -> Question:
    return places.question(
        wanted.clinic_id,
        wanted.treatment_id,
        wanted.starts_at,
        practitioner_id=wanted.practitioner_id,
        client_id=wanted.client_id,
        zones=None if wanted.zones is None else tuple(wanted.zones),
        waived=wanted.waived,
    )
