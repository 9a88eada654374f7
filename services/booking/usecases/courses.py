"""What becomes of a course once it is booked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.domain.appointments import MOVABLE
from services.booking.domain.changes import Change
from services.booking.domain.courses import CourseOver
from services.booking.domain.policies import CLIENT
from services.booking.store import courses as store
from services.booking.usecases import appointments, disruptions
from services.booking.usecases import course_plans as plans
from shared.db import Transaction

STOPPING = frozenset({"urgent", "emergency"})  # severities after which no session may follow
PAUSE = "Client records reported something that stops the rest of the course."


def find(tx: Transaction, course_id: UUID, *, lock: bool = False) -> dict[str, Any]:
    """Return a course with its sessions and history.  Raises CourseUnknown."""
    found = plans.course(tx, course_id, lock=lock)
    return {**_with_sessions(tx, [found])[0], "changes": store.history(tx, course_id)}


def page(tx: Transaction, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's courses with their sessions; see the store."""
    return _with_sessions(tx, store.page(tx, wanted))


def cancel(
    tx: Transaction, course_id: UUID, change: Change, *, wished_by: str = CLIENT
) -> dict[str, Any]:
    """Cancel what is still to come; who is here already is treated.

    `wished_by` as for a step of an appointment: what the CLINIC cancels costs nothing.
    Raises CourseUnknown, CourseOver, or as a step of an appointment.
    """
    find(tx, course_id)
    to_come = store.to_come(tx, course_id, MOVABLE)  # appointments first, as everybody locks
    course = find(tx, course_id, lock=True)
    cancelled = course["stored"] == "cancelled"  # and a session of it may have been undone since
    if not to_come and cancelled:
        return course
    if not to_come:
        raise CourseOver("Nothing of this course is still to come.")
    for appointment_id in to_come:
        current = appointments.find(tx, appointment_id)
        appointments.step(tx, "cancel", current, change, wished_by=wished_by)
    if cancelled:
        return find(tx, course_id)
    return _enter(tx, course, "cancelled", change)


def change(
    tx: Transaction, current: Mapping[str, Any], status: str, change: Change
) -> dict[str, Any]:
    """Pause a course that `find` locked, or let it go on; as it is already changes nothing.

    Raises CourseOver.
    """
    if current["stored"] == "cancelled":
        raise CourseOver("This course was cancelled. Book a new one.")
    if current["stored"] == status:
        return dict(current)
    return _enter(tx, current, status, change)


def pause_all(tx: Transaction, client_id: UUID, *, now: datetime) -> None:
    """Stop whatever courses of a client go on, at every clinic in scope."""
    for course in store.lock_running(tx, client_id):
        whose = {**course, "client_id": client_id}
        _enter_row(tx, whose, "paused", Change(None, now, PAUSE))


def _with_sessions(tx: Transaction, found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return courses as they are shown: `status` may be finished, `stored` is what the row says."""
    sessions: dict[UUID, list[dict[str, Any]]] = {each["id"]: [] for each in found}
    for appointment in plans.sessions(tx, sessions):
        sessions[appointment["course_id"]].append(plans.shown(appointment))
    return [
        {
            **each,
            **plans.wished(each),
            "stored": each["status"],
            "status": each["state"],
            "sessions": sessions[each["id"]],
            "completed_sessions": sum(
                one["appointment"]["status"] == "completed" for one in sessions[each["id"]]
            ),
        }
        for each in found
    ]


def _enter(
    tx: Transaction, course: Mapping[str, Any], status: str, change: Change
) -> dict[str, Any]:
    _enter_row(tx, course, status, change)
    return find(tx, course["id"])


def _enter_row(tx: Transaction, course: Mapping[str, Any], status: str, change: Change) -> None:
    disruptions.look_again(tx, course["clinic_id"], resource_id=course["client_id"])
    happened = "resumed" if status == "active" else status
    entered = {**course, "status": status, "version": course["version"] + 1}
    store.enter(tx, {name: entered[name] for name in ("id", "status", "version")})
    store.note(tx, {**entered, "happened": happened, **change.told})
