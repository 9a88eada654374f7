"""Booking, moving, and every other step of an appointment.  Each is part of one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.booking.domain import appointments as rules
from services.booking.domain import refusals, treatments
from services.booking.domain.appointments import AppointmentUnknown, Overtaken, TooContended
from services.booking.domain.availability import Board, Place
from services.booking.domain.situation import Situation
from services.booking.store import appointments as store
from services.booking.store import recoveries, resources
from services.booking.store.appointments import Taken
from services.booking.store.recoveries import Treated
from services.booking.usecases import announcements, availability
from services.booking.usecases.availability import Question
from shared.db import Transaction

ATTEMPTS = 20  # each is lost only to somebody who booked meanwhile
_MINUTE = timedelta(minutes=1)
_FOLLOWED = ("starts_at", "ends_at", "practitioner_id", "room_id", "device_id", "screening")


@dataclass(frozen=True, slots=True)
class Wanted:
    """An appointment as it is asked for; its id was made at the edge."""

    id: UUID
    clinic_id: UUID
    client_id: UUID
    treatment_id: UUID
    starts_at: datetime
    practitioner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Where an appointment shall go; None stays as it is."""

    starts_at: datetime | None = None
    practitioner_id: UUID | None = None
    reason: str | None = None


def book(tx: Transaction, wanted: Wanted, *, by: UUID | None, now: datetime) -> dict[str, Any]:
    """Take practitioner, room, device and client for a treatment, and announce it.

    Raises one of domain.refusals, or as availability.look.
    """
    question = _question(wanted, None)

    def write(situation: Situation, indication: str, place: Place) -> dict[str, Any]:
        appointment = {
            "id": wanted.id,
            "client_id": wanted.client_id,
            "status": "booked",
            "version": 1,
            **_facts(situation, indication),
            **_seat(situation, place, wanted.starts_at),
        }
        store.insert(tx, appointment)
        _take(tx, appointment, situation, place)
        changed = ("status", *_FOLLOWED)
        announcements.appointment(tx, appointment, "booked", changed, by=by, now=now)
        return appointment

    return _settle(tx, question, now, frozenset(), write)


def move(
    tx: Transaction, current: Mapping[str, Any], to: Move, *, by: UUID | None, now: datetime
) -> dict[str, Any]:
    """Take another time or practitioner for an appointment that `find` locked.

    The client confirms anew.  Raises WrongState, and as `book`.
    """
    if current["status"] not in rules.MOVABLE:
        raise rules.wrong_state("move", current["status"])
    wanted = Wanted(
        current["id"],
        current["clinic_id"],
        current["client_id"],
        current["treatment_id"],
        to.starts_at or current["starts_at"],
        to.practitioner_id or current["practitioner_id"],
    )
    preferred = frozenset({current["room_id"], current["device_id"]})

    def write(situation: Situation, indication: str, place: Place) -> dict[str, Any]:
        seat = _seat(situation, place, wanted.starts_at)
        changes = {**_facts(situation, indication), **seat, "status": "booked"}
        appointment = {**current, **changes, "version": current["version"] + 1}
        store.update(tx, appointment)
        _take(tx, appointment, situation, place)
        changed = [name for name in ("status", *_FOLLOWED) if appointment[name] != current[name]]
        announcements.appointment(
            tx, appointment, "moved", changed, by=by, now=now, reason=to.reason
        )
        return appointment

    return _settle(tx, _question(wanted, wanted.id), now, preferred, write)


def step(
    tx: Transaction,
    name: str,
    current: Mapping[str, Any],
    *,
    by: UUID | None,
    now: datetime,
    reason: str | None = None,
) -> dict[str, Any]:
    """Take a step of domain.appointments.STEPS; one that is taken already changes nothing.

    `current` comes from `find` with lock.  Raises WrongState or NotYet.
    """
    wanted = rules.STEPS[name]
    if current["status"] == wanted.status:
        return dict(current)
    zone = ZoneInfo(current["time_zone"])
    rules.require(wanted, current["status"], current["starts_at"], now, zone)
    return enter(tx, current, wanted.status, by=by, now=now, reason=reason)


def enter(
    tx: Transaction,
    current: Mapping[str, Any],
    status: str,
    *,
    by: UUID | None,
    now: datetime,
    reason: str | None = None,
) -> dict[str, Any]:
    """Put an appointment into a state, free what it no longer takes, and announce it."""
    appointment = {**current, "status": status, "version": current["version"] + 1}
    store.update(tx, appointment)
    if status not in rules.OCCUPYING:
        store.release(tx, appointment["id"])
        recoveries.release(tx, appointment["id"])
    happened = "changed" if status == "in_treatment" else status
    announcements.appointment(tx, appointment, happened, ["status"], by=by, now=now, reason=reason)
    return appointment


def find(tx: Transaction, appointment_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    """Return the whole appointment.  Raises AppointmentUnknown."""
    found = store.find(tx, appointment_id, lock=lock)
    if found is None:
        raise AppointmentUnknown("There is no such appointment.")
    return found


def page(tx: Transaction, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's appointments by time; see the store."""
    return store.page(tx, wanted)


def history(tx: Transaction, appointment_id: UUID) -> list[dict[str, Any]]:
    """Return what happened to an appointment, oldest first.  Raises AppointmentUnknown."""
    find(tx, appointment_id)
    return store.history(tx, appointment_id)


def taken(
    starts_at: datetime, ends_at: datetime, situation: Situation, place: Place
) -> Sequence[Taken]:
    """Return who and what is taken when; set-up, clean-down and turnover included."""
    treatment = situation.treatment
    begins = starts_at - treatment.buffer_before_minutes * _MINUTE
    ends = ends_at + treatment.buffer_after_minutes * _MINUTE
    found = [
        (place.practitioner.id, begins, ends),
        (place.room.id, begins, ends + place.room.turnover_minutes * _MINUTE),
    ]
    if place.device:
        found.append((place.device.id, begins, ends))
    if situation.client:
        found.append((situation.client.id, starts_at, ends_at))
    return found


def _question(wanted: Wanted, except_id: UUID | None) -> Question:
    return Question(
        clinic_id=wanted.clinic_id,
        treatment_id=wanted.treatment_id,
        starts_from=wanted.starts_at,
        starts_until=wanted.starts_at + _MINUTE,
        practitioner_id=wanted.practitioner_id,
        client_id=wanted.client_id,
        except_id=except_id,
    )


def _settle(
    tx: Transaction,
    question: Question,
    now: datetime,
    preferred: frozenset[UUID],
    write: Callable[[Situation, str, Place], dict[str, Any]],
) -> dict[str, Any]:
    """Find a place, lock it, write; when somebody was faster, look again for another place."""
    starts_at = question.starts_from
    for _ in range(ATTEMPTS):
        situation, indication = availability.look(tx, question, now)
        board = Board(situation)
        if reasons := board.reasons(starts_at):
            raise refusals.error(situation, starts_at, reasons)
        place = board.place(starts_at, preferred)
        try:
            with store.attempt(tx):
                resources.lock(
                    tx, [each[0] for each in taken(starts_at, starts_at, situation, place)]
                )
                return write(situation, indication, place)
        except Overtaken:
            continue
    raise TooContended("Many people are booking here at this moment. Try again.", retry_after_s=1)


def _facts(situation: Situation, indication: str) -> dict[str, Any]:
    return {
        "clinic_id": situation.clinic.id,
        "time_zone": situation.clinic.zone.key,
        "treatment_id": situation.treatment.id,
        "treatment_name": situation.treatment.name,
        "indication": indication,
    }


def _seat(situation: Situation, place: Place, starts_at: datetime) -> dict[str, Any]:
    length = timedelta(minutes=situation.treatment.duration_minutes)
    said = situation.screening.said_of(starts_at) if situation.screening else "pending"
    return {
        "practitioner_id": place.practitioner.id,
        "practitioner_name": place.practitioner.name,
        "room_id": place.room.id,
        "room_name": place.room.name,
        "device_id": place.device.id if place.device else None,
        "starts_at": starts_at,
        "ends_at": starts_at + length,
        "screening": said,
    }


def _take(
    tx: Transaction, appointment: Mapping[str, Any], situation: Situation, place: Place
) -> None:
    """Take what the place says, and keep the interval around the session.  Raises Overtaken."""
    starts_at = appointment["starts_at"]
    treatment = situation.treatment
    store.allocate(
        tx, appointment["id"], taken(starts_at, appointment["ends_at"], situation, place)
    )
    recoveries.forget(tx, appointment["id"])
    recovered = treatments.recovered_at(starts_at, treatment.interval_days, situation.clinic.zone)
    group = treatment.recovery_group
    session = Treated(appointment["id"], appointment["client_id"], group, starts_at, recovered)
    recoveries.plan(tx, session)
