"""What booking a course and moving one of its sessions share: looking, requiring, showing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.booking.domain import hours, refusals
from services.booking.domain.courses import (
    Aim,
    CourseNotPossible,
    CourseUnknown,
    Look,
    Session,
    Wishes,
)
from services.booking.domain.situation import Situation
from services.booking.store import appointments, courses
from services.booking.usecases import availability
from services.booking.usecases.availability import Question
from services.booking.usecases.places import Seat
from shared.db import Transaction

ATTEMPTS = 10  # each is lost only to somebody who booked meanwhile


def looking(tx: Transaction, question: Question, now: datetime) -> Look:
    """Return how planning reads: the question's facts, in whatever span and for whom an aim asks.

    A span that was read is not read again.
    """
    known: dict[Question, Situation] = {}

    def look(aim: Aim, begins: datetime, ends: datetime) -> Situation:
        asked = replace(
            question, starts_from=begins, starts_until=ends, practitioner_id=aim.practitioner_id
        )
        if asked not in known:
            known[asked], _ = availability.look(tx, asked, now)
        return known[asked]

    return look


def seats(sessions: Sequence[Session], indication: str) -> list[Seat]:
    """Return the seat of every session.

    Raises the refusal of the first, or CourseNotPossible, unless each has a place.
    """
    found = [
        Seat(each.situation, indication, each.place, each.starts_at)
        for each in sessions
        if each.place is not None
    ]
    if len(found) == len(sessions):
        return found
    told = [explained(each) for each in sessions]
    first = next(each for each in sessions if each.place is None)
    if first.until is None:
        error = refusals.error(first.situation, first.starts_at, list(first.reasons))
        error.members["sessions"] = told
        raise error
    raise CourseNotPossible(f"Session {first.number}: {first.sentence}", sessions=told)


def explained(session: Session) -> dict[str, Any]:
    """Return a session that is planned, or why it finds no time."""
    length = timedelta(minutes=session.situation.treatment.duration_minutes)
    place = session.place
    return {
        "number": session.number,
        "starts_at": session.starts_at,
        "ends_at": session.starts_at + length,
        "practitioner_id": place.practitioner.id if place else None,
        "practitioner_name": place.practitioner.name if place else None,
        "reasons": list(session.reasons),
        "sentence": session.sentence,
        "otherwise_at": session.otherwise,
    }


def course(tx: Transaction, course_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    """Return a course as it is stored, with its `state`.  Raises CourseUnknown."""
    found = courses.find(tx, course_id, lock=lock)
    if found is None:
        raise CourseUnknown("There is no such course.")
    return found


def sessions(tx: Transaction, course_ids: Iterable[UUID]) -> list[dict[str, Any]]:
    """Return the appointments of some courses, each course's by number."""
    return appointments.find_all(tx, courses.sessions(tx, course_ids))


def shown(appointment: Mapping[str, Any]) -> dict[str, Any]:
    """Return a session that is booked."""
    copied = ("starts_at", "ends_at", "practitioner_id", "practitioner_name")
    return {
        "number": appointment["course_number"],
        **{name: appointment[name] for name in copied},
        "reasons": [],
        "sentence": None,
        "otherwise_at": None,
        "appointment": dict(appointment),
    }


def wished(course: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored course's wishes as people type them."""
    return {
        "preferred_weekdays": course["weekdays"],
        "earliest_time": hours.clock(course["earliest_minute"]),
        "latest_time": hours.clock(course["latest_minute"]),
    }


def wishes(course: Mapping[str, Any]) -> Wishes:
    """Return a stored course's wishes as planning takes them."""
    return Wishes(
        interval_days=course["interval_days"],
        most_interval_days=course["most_interval_days"],
        weekdays=frozenset(course["weekdays"]),
        earliest=course["earliest_minute"],
        latest=course["latest_minute"],
        same_practitioner=course["same_practitioner"],
    )
