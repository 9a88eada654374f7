"""HTTP edge for courses."""

from typing import Any
from uuid import UUID

from flask import jsonify

from services.booking.api import newcomers
from services.booking.api.changes import by_caller
from services.booking.domain import hours
from services.booking.domain.policies import CLIENT
from services.booking.usecases import clinics, course_bookings, courses
from services.booking.usecases.course_bookings import NewCourse
from shared import clock, ids
from shared.http import etags, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas import courses as schemas
from shared.schemas.appointments import Cancellation
from shared.schemas.base import Choice, Id
from shared.schemas.courses import CoursePlanView, CourseView, CourseWithHistoryView

blueprint = Blueprint("courses", __name__, url_prefix="/v1")


class ListArgs(pages.PageArgs):
    """Which courses."""

    client_id = Id(load_default=None)
    status = Choice(schemas.STATES, load_default=None)


@blueprint.route("/clinics/<uuid:clinic_id>/courses", methods=["POST"])
@requires("appointments:book")
@idempotent
@blueprint.arguments(schemas.NewCourse)
@blueprint.response(201, CourseWithHistoryView)
@blueprint.alt_response(200, schema=CoursePlanView, description="The plan of a dry run")
def book(asked: dict[str, Any], clinic_id: UUID) -> Any:
    """Book every session of a course, or none; a refusal's `sessions` say why, date by date."""
    with transaction() as tx:
        newcomers.wait_for(tx, clinic_id, asked["client_id"])
        wall = asked.get("first_starts_local")
        wanted = NewCourse(
            id=ids.new(),
            appointment_ids=tuple(sorted(ids.new() for _ in range(schemas.MOST_SESSIONS))),
            clinic_id=clinic_id,
            client_id=asked["client_id"],
            treatment_id=asked["treatment_id"],
            starts_at=clinics.typed(tx, clinic_id, wall) if wall else asked["first_starts_at"],
            sessions=asked["sessions"],
            interval_days=asked["interval_days"],
            most_interval_days=asked["most_interval_days"],
            weekdays=frozenset(asked["preferred_weekdays"]),
            earliest=hours.minute(asked["earliest_time"]),
            latest=hours.minute(asked["latest_time"]),
            practitioner_id=asked["practitioner_id"],
            zones=None if asked["zones"] is None else tuple(asked["zones"]),
            same_practitioner=asked["same_practitioner"],
        )
        if asked["dry_run"]:
            planned = course_bookings.preview(tx, wanted, clock.now())
            return jsonify(CoursePlanView().dump(planned))
        booked = course_bookings.book(tx, wanted, by_caller())
    etags.set(booked["version"])
    return booked


@blueprint.route("/clinics/<uuid:clinic_id>/courses", methods=["GET"])
@requires("appointments:read")
@blueprint.arguments(ListArgs, location="query")
@blueprint.response(200, pages.listing(CourseView))
def page(query: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """List a clinic's courses in the order in which they were booked."""
    wanted = pages.Page.of(query)
    values = {"clinic_id": clinic_id, "client_id": query["client_id"], "state": query["status"]}
    with transaction() as tx:
        rows = courses.page(tx, {**values, **wanted.binds("id")})
    return pages.answer(rows, wanted)


@blueprint.route("/courses/<uuid:course_id>", methods=["GET"])
@requires("appointments:read")
@blueprint.response(200, CourseWithHistoryView)
def show(course_id: UUID) -> dict[str, Any]:
    """Show a course with its sessions and its history."""
    with transaction() as tx:
        found = courses.find(tx, course_id)
    etags.set(found["version"])
    return found


@blueprint.route("/courses/<uuid:course_id>", methods=["PATCH"])
@requires("courses:resume")
@etags.checked
@blueprint.arguments(schemas.CourseChange)
@blueprint.response(200, CourseWithHistoryView)
def change(asked: dict[str, Any], course_id: UUID) -> dict[str, Any]:
    """Pause a course, or let one go on that was paused."""
    with transaction() as tx:
        current = courses.find(tx, course_id, lock=True)
        etags.check(current["version"])
        found = courses.change(tx, current, asked["status"], by_caller(asked["reason"]))
    etags.set(found["version"])
    return found


@blueprint.route("/courses/<uuid:course_id>/cancel", methods=["POST"])
@requires("appointments:cancel")
@idempotent
@blueprint.arguments(Cancellation, required=False)
@blueprint.response(200, CourseWithHistoryView)
def cancel(asked: dict[str, Any], course_id: UUID) -> dict[str, Any]:
    """Cancel what is still to come of a course; what was done stays.

    A session within the clinic's notice costs the policy's fee, unless `by` is `clinic`.
    """
    with transaction() as tx:
        change, wished_by = by_caller(asked.get("reason")), asked.get("wished_by", CLIENT)
        found = courses.cancel(tx, course_id, change, wished_by=wished_by)
    etags.set(found["version"])
    return found
