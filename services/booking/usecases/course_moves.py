"""Moving one session of a course: told what is no longer as wished, or the rest moves along."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.booking.domain import appointments as appointment_rules
from services.booking.domain import courses as rules
from services.booking.domain import treatments
from services.booking.domain.appointments import MOVABLE, OCCUPYING, Overtaken, too_contended
from services.booking.domain.changes import Change
from services.booking.domain.courses import Aim, NotInCourse
from services.booking.domain.refusals import SkinRecovering
from services.booking.store import appointments as appointment_store
from services.booking.store import courses as store
from services.booking.store import recoveries, resources
from services.booking.store import treatments as treatment_store
from services.booking.usecases import appointments, places
from services.booking.usecases import course_plans as plans
from services.booking.usecases.appointments import Move
from services.booking.usecases.course_plans import ATTEMPTS
from services.booking.usecases.places import Seat
from shared.db import Transaction

_HINT = "Or move the rest of the course along with it."


def move(
    tx: Transaction, current: Mapping[str, Any], to: Move, change: Change, *, shift: bool
) -> dict[str, Any]:
    """Move an appointment that `find` locked; with `shift` the rest of its course by as many days.

    The answer holds `course_warnings` (what is no longer as wished) and `moved_along`.  Raises as
    appointments.move; NotInCourse; CourseNotPossible when a later session finds no time.
    """
    if current["course_id"] is None:
        if shift:
            raise NotInCourse("This appointment is not part of a course.")
        return appointments.move(tx, current, to, change)
    if shift:
        moved, along = _shift(tx, current, to, change)
    else:
        moved, along = _alone(tx, current, to, change), []
    return {**moved, "course_warnings": warnings(tx, moved), "moved_along": along}


def warnings(tx: Transaction, moved: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what is no longer as the course of a moved session wished; none of a single visit."""
    if moved["course_id"] is None:
        return []
    course = plans.course(tx, moved["course_id"])
    zone = ZoneInfo(moved["time_zone"])
    days = {
        each["course_number"]: _day(each["starts_at"], zone)
        for each in plans.sessions(tx, [moved["course_id"]])
        if each["status"] in OCCUPYING
    }
    found = rules.gaps(days, moved["course_number"], plans.wishes(course))
    return [
        {"sessions": list(each.sessions), "days": each.days, "sentence": each.sentence}
        for each in found
    ]


def _alone(tx: Transaction, current: Mapping[str, Any], to: Move, change: Change) -> dict[str, Any]:
    try:
        return appointments.move(tx, current, to, change)
    except SkinRecovering as refused:
        if to.starts_at is not None and _presses_the_rest(tx, current, to.starts_at):
            raise SkinRecovering(f"{refused} {_HINT}", **refused.members, course="shift") from None
        raise


def _presses_the_rest(tx: Transaction, current: Mapping[str, Any], starts_at: datetime) -> bool:
    """Say whether the session would be too close to a later one of the course, or behind it."""
    zone = ZoneInfo(current["time_zone"])
    treatment = treatment_store.find(tx, current["clinic_id"], current["treatment_id"])
    days = treatment["interval_days"] if treatment else 0
    recovered = treatments.recovered_at(starts_at, days, zone)
    return any(
        each["course_number"] > current["course_number"]
        and each["status"] in MOVABLE
        and each["starts_at"] < recovered
        for each in plans.sessions(tx, [current["course_id"]])
    )


def _shift(
    tx: Transaction, current: Mapping[str, Any], to: Move, change: Change
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Move a session and all later ones of its course, or none; return it and the others."""
    if current["status"] not in MOVABLE:
        raise appointment_rules.wrong_state("move", current["status"])
    later = store.to_come(tx, current["course_id"], MOVABLE, after=current["course_number"])
    moving = [current, *(appointments.find(tx, each) for each in later)]
    course = plans.course(tx, current["course_id"])
    question = places.question(
        current["clinic_id"],
        current["treatment_id"],
        to.starts_at or current["starts_at"],
        client_id=current["client_id"],
        zones=tuple(current["zones"]),  # the same in all sessions of a course
        besides=tuple(each["id"] for each in moving),
    )
    for _ in range(ATTEMPTS):
        look = plans.looking(tx, question, change.now)
        found = rules.plan(_aims(course, moving, to), plans.wishes(course), look)
        seats = plans.seats(found, course["indication"])
        try:
            with appointment_store.attempt(tx):
                resources.lock(tx, {each[0] for seat in seats for each in seat.taken})
                first, *rest = _write(tx, moving, seats, change)
                return first, rest
        except Overtaken:
            continue
    raise too_contended()


def _aims(course: Mapping[str, Any], moving: Sequence[Mapping[str, Any]], to: Move) -> list[Aim]:
    """Return the moved session exactly where it is asked for, and each later one as many days on.

    A later one keeps its own time of the day, and its practitioner where the course asked for one.
    """
    current, *later = moving
    zone = ZoneInfo(current["time_zone"])
    starts_at = to.starts_at or current["starts_at"]
    shifted = _day(starts_at, zone) - _day(current["starts_at"], zone)
    bound = course["same_practitioner"] or course["practitioner_id"] is not None
    first = Aim(
        current["course_number"],
        exactly=starts_at,
        practitioner_id=to.practitioner_id or current["practitioner_id"],
        preferred=_kept(current),
    )
    return [
        first,
        *(
            Aim(
                each["course_number"],
                day=_day(each["starts_at"], zone) + shifted,
                minute=rules.wall_minute(each["starts_at"].astimezone(zone)),
                practitioner_id=(to.practitioner_id or each["practitioner_id"]) if bound else None,
                preferred=_kept(each),
            )
            for each in later
        ),
    ]


def _write(
    tx: Transaction, moving: Sequence[Mapping[str, Any]], seats: Sequence[Seat], change: Change
) -> list[dict[str, Any]]:
    """Store the new places, whose resources are locked.  Raises Overtaken."""
    for each in moving:  # one may take the place that another leaves
        appointment_store.release(tx, each["id"])
        recoveries.forget(tx, each["id"])
    moved = [
        appointments.relocated(tx, current, seat, change.now)
        for current, seat in zip(moving, seats, strict=True)
    ]
    for before, after in zip(moving, moved, strict=True):
        appointments.announce_move(tx, before, after, change)
    return moved


def _kept(appointment: Mapping[str, Any]) -> frozenset[UUID]:
    found = {appointment[name] for name in ("practitioner_id", "room_id", "device_id")}
    return frozenset(found - {None})


def _day(when: datetime, zone: ZoneInfo) -> Any:
    return when.astimezone(zone).date()
