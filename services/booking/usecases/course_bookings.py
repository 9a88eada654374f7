"""Booking all sessions of a course, or none."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.domain import courses as rules
from services.booking.domain.appointments import Overtaken, too_contended
from services.booking.domain.availability import Board
from services.booking.domain.changes import Change
from services.booking.domain.courses import Aim, Session, Wishes
from services.booking.domain.hours import DAY
from services.booking.domain.treatments import INDICATIONS
from services.booking.store import appointments as appointment_store
from services.booking.store import courses as store
from services.booking.store import resources
from services.booking.usecases import announcements, availability, courses, ledger, places
from services.booking.usecases import course_plans as plans
from services.booking.usecases.course_plans import ATTEMPTS
from services.booking.usecases.places import FOLLOWED, Seat
from shared.db import Transaction


@dataclass(frozen=True, slots=True)
class NewCourse:
    """A course as it is asked for; ids were made at the edge, enough for the longest course.

    None: as is usual for the indication.  Minutes count from local midnight.
    """

    id: UUID
    appointment_ids: tuple[UUID, ...]
    clinic_id: UUID
    client_id: UUID
    treatment_id: UUID
    starts_at: datetime
    sessions: int | None = None
    interval_days: int | None = None
    most_interval_days: int | None = None
    weekdays: frozenset[int] = field(default=frozenset())
    earliest: int = 0
    latest: int = DAY
    practitioner_id: UUID | None = None
    zones: tuple[str, ...] | None = None  # of every session; None: the treatment as a whole
    same_practitioner: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The sessions of a course before they are booked, or why not."""

    wishes: Wishes
    indication: str
    sessions: Sequence[Session]


def plan(tx: Transaction, wanted: NewCourse, now: datetime) -> Plan:
    """Find a time for every session, and book nothing.

    Raises CourseTooLong, IntervalTooShort, WishesContradict, or as availability.look.
    """
    question = places.question(
        wanted.clinic_id,
        wanted.treatment_id,
        wanted.starts_at,
        practitioner_id=wanted.practitioner_id,
        client_id=wanted.client_id,
        zones=wanted.zones,
    )
    situation, indication = availability.look(tx, question, now)
    usual = INDICATIONS[indication]
    many = wanted.sessions or usual.usual_sessions
    wishes = _wishes(wanted, max(situation.treatment.interval_days, usual.usual_interval_days))
    rules.check(wishes, many, situation.treatment, indication)
    minute = rules.wall_minute(wanted.starts_at.astimezone(situation.clinic.zone))
    look = plans.looking(tx, question, now)
    people: Sequence[UUID | None] = [wanted.practitioner_id]
    if wishes.same_practitioner and wanted.practitioner_id is None:
        free = Board(situation, explains=False).times()
        people = free[0]["practitioner_ids"] if free else people
    best: list[Session] = []
    for person in people:
        found = rules.plan(_aims(many, wanted.starts_at, minute, person), wishes, look)
        if not best or _planned(found) > _planned(best):
            best = found
        if _planned(best) == many:
            break
    return Plan(wishes, indication, best)


def preview(tx: Transaction, wanted: NewCourse, now: datetime) -> dict[str, Any]:
    """Return what booking would do, and whether every session has a time.  Raises as `plan`."""
    found = plan(tx, wanted, now)
    return {
        "possible": all(each.place is not None for each in found.sessions),
        "time_zone": found.sessions[0].situation.clinic.zone.key,
        "interval_days": found.wishes.interval_days,
        "most_interval_days": found.wishes.most_interval_days,
        "sessions": [plans.explained(each) for each in found.sessions],
    }


def book(tx: Transaction, wanted: NewCourse, change: Change) -> dict[str, Any]:
    """Book every session of a course, or none, and announce each.

    Raises as `plan`; the first session's refusal as for a booking, CourseNotPossible when a later
    one finds no time; TooContended.
    """
    for _ in range(ATTEMPTS):
        found = plan(tx, wanted, change.now)
        seats = plans.seats(found.sessions, found.indication)
        try:
            with appointment_store.attempt(tx):
                resources.lock(tx, {each[0] for seat in seats for each in seat.taken})
                return _write(tx, wanted, found.wishes, seats, change)
        except Overtaken:
            continue
    raise too_contended()


def _aims(many: int, starts_at: datetime, minute: int, person: UUID | None) -> list[Aim]:
    first = Aim(1, exactly=starts_at, practitioner_id=person)
    return [first, *(Aim(n, minute=minute, practitioner_id=person) for n in range(2, many + 1))]


def _planned(sessions: Sequence[Session]) -> int:
    return sum(each.place is not None for each in sessions)


def _wishes(wanted: NewCourse, usual_interval_days: int) -> Wishes:
    interval = wanted.interval_days or usual_interval_days
    return Wishes(
        interval_days=interval,
        most_interval_days=wanted.most_interval_days or interval + rules.USUAL_DRIFT_DAYS,
        weekdays=wanted.weekdays,
        earliest=wanted.earliest,
        latest=wanted.latest,
        same_practitioner=wanted.same_practitioner,
    )


def _write(
    tx: Transaction, wanted: NewCourse, wishes: Wishes, seats: Sequence[Seat], change: Change
) -> dict[str, Any]:
    """Store the course and its sessions, whose resources are locked.  Raises Overtaken."""
    ids = wanted.appointment_ids[: len(seats)]
    _insert(tx, wanted, wishes, len(seats))
    sessions = []
    for number, (appointment_id, seat) in enumerate(zip(ids, seats, strict=True), start=1):
        appointment = {
            **seat.facts,
            **seat.terms.facts,
            "id": appointment_id,
            "client_id": wanted.client_id,
            "status": "booked",
            "expires_at": None,
            "version": 1,
            "course_id": wanted.id,
            "course_number": number,
        }
        appointment_store.insert(tx, appointment)
        places.take(tx, appointment, seat, change.now)
        sessions.append(appointment)
    store.join(tx, wanted.id, ids)
    facts = {"id": wanted.id, "version": 1, "clinic_id": wanted.clinic_id, "happened": "booked"}
    store.note(tx, {**facts, **change.told})
    for appointment, seat in zip(sessions, seats, strict=True):
        changed = ("status", *FOLLOWED)
        told = {**appointment, "course_sessions": len(sessions)}
        announcements.appointment(tx, told, "booked", changed, change)
        ledger.booked(tx, appointment, seat.terms.deposit, change)
    return courses.find(tx, wanted.id)


def _insert(tx: Transaction, wanted: NewCourse, wishes: Wishes, many: int) -> None:
    course = {
        "id": wanted.id,
        "clinic_id": wanted.clinic_id,
        "client_id": wanted.client_id,
        "treatment_id": wanted.treatment_id,
        "practitioner_id": wanted.practitioner_id,
        "same_practitioner": wishes.same_practitioner,
        "sessions": many,
        "interval_days": wishes.interval_days,
        "most_interval_days": wishes.most_interval_days,
        "weekdays": sorted(wishes.weekdays),
        "earliest_minute": wishes.earliest,
        "latest_minute": wishes.latest,
        "status": "active",
        "version": 1,
    }
    store.insert(tx, course)
