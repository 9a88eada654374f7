"""HTTP edge for appointments."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.api import newcomers, spans
from services.booking.api.changes import by_caller
from services.booking.domain.policies import CLIENT
from services.booking.usecases import (
    appointments,
    clinics,
    course_moves,
    holds,
    undo,
    walk_ins,
)
from services.booking.usecases.appointments import Move, Wanted
from services.booking.usecases.holds import Hold
from services.booking.usecases.walk_ins import WalkIn
from shared import ids
from shared.db import Transaction
from shared.errors import Precondition
from shared.http import etags, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas import appointments as schemas
from shared.schemas.appointments import (
    AppointmentChangeView,
    AppointmentView,
    NewAppointment,
    Reason,
)

blueprint = Blueprint("appointments", __name__, url_prefix="/v1")


class ListArgs(schemas.AppointmentsBetween, pages.PageArgs):
    """Which appointments."""


@blueprint.route("/clinics/<uuid:clinic_id>/appointments", methods=["POST"])
@requires("appointments:book")
@idempotent
@blueprint.arguments(NewAppointment)
@blueprint.response(201, AppointmentView)
def book(asked: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """Book a treatment: practitioner, room, device and client at once, or nothing."""
    with transaction() as tx:
        newcomers.wait_for(tx, clinic_id, asked["client_id"])
        wanted = Wanted(
            id=ids.new(),
            clinic_id=clinic_id,
            client_id=asked["client_id"],
            treatment_id=asked["treatment_id"],
            starts_at=_starts_at(tx, clinic_id, asked),
            practitioner_id=asked["practitioner_id"],
            zones=asked["zones"],
        )
        if asked["hold_id"] is None:
            booked = appointments.book(tx, wanted, by_caller())
        else:
            booked = holds.book(tx, asked["hold_id"], wanted, by_caller())
    etags.set(booked["version"])
    return booked


@blueprint.route("/clinics/<uuid:clinic_id>/walk-ins", methods=["POST"])
@requires("appointments:book")
@idempotent
@blueprint.arguments(schemas.NewWalkIn)
@blueprint.response(201, AppointmentView)
def take_in(asked: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """Take in somebody who stands at the desk: the earliest start in two hours, arrived at once.

    Notice and round times do not count; hours, screening, interval, credential and device do.
    Where nothing is free, 409 with `next_times`.
    """
    with transaction() as tx:
        newcomers.wait_for(tx, clinic_id, asked["client_id"])
        wanted = WalkIn(id=ids.new(), clinic_id=clinic_id, **asked)
        taken = walk_ins.take_in(tx, wanted, by_caller())
    etags.set(taken["version"])
    return taken


@blueprint.route("/clinics/<uuid:clinic_id>/holds", methods=["POST"])
@requires("appointments:book")
@idempotent
@blueprint.arguments(schemas.NewHold)
@blueprint.response(201, schemas.HoldView)
def hold(asked: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """Keep a place for ten minutes; book it with its id as `hold_id`."""
    wanted = Hold(id=ids.new(), clinic_id=clinic_id, **asked)
    with transaction() as tx:
        return holds.hold(tx, wanted, by_caller())


@blueprint.route("/clinics/<uuid:clinic_id>/holds/<uuid:hold_id>", methods=["DELETE"])
@requires("appointments:book")
@blueprint.response(204)
def release(clinic_id: UUID, hold_id: UUID) -> None:
    """Give a hold back: its place is free at once.  A hold that has lapsed stays as it is."""
    with transaction() as tx:
        holds.release(tx, clinic_id, hold_id, by_caller())


@blueprint.route("/clinics/<uuid:clinic_id>/appointments", methods=["GET"])
@requires("appointments:read")
@blueprint.arguments(ListArgs, location="query")
@blueprint.response(200, pages.listing(AppointmentView))
def page(query: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """List a clinic's appointments by time.

    `from=2030-01-07&to=2030-01-07` is that day at the clinic, the whole of it.
    """
    wanted = pages.Page.of(query)
    values = {"clinic_id": clinic_id, **wanted.binds("starts_at", "id")}
    with transaction() as tx:
        asked = spans.resolved(tx, clinic_id, query, schemas.MOST_DAYS)
        rows = appointments.page(tx, {**asked, **values})
    return pages.answer(rows, wanted, key=("starts_at", "id"))


@blueprint.route("/appointments/<uuid:appointment_id>", methods=["GET"])
@requires("appointments:read")
@blueprint.response(200, AppointmentView)
def show(appointment_id: UUID) -> dict[str, Any]:
    """Show an appointment."""
    with transaction() as tx:
        found = appointments.find(tx, appointment_id)
    etags.set(found["version"])
    return found


@blueprint.route("/appointments/<uuid:appointment_id>/changes", methods=["GET"])
@requires("appointments:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(AppointmentChangeView))
def history(query: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """List what happened to an appointment, the oldest first: what, who, when and why."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        rows = appointments.history(tx, appointment_id, wanted.binds("version"))
    return pages.answer(rows, wanted, key="version")


@blueprint.route("/appointments/<uuid:appointment_id>", methods=["PATCH"])
@requires("appointments:book")
@etags.checked
@blueprint.arguments(schemas.Move)
@blueprint.response(200, schemas.MovedAppointmentView)
def move(asked: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Move an appointment to another time or practitioner; the client confirms anew.

    With `course: shift` the later sessions of its course move by as many days, all or none.
    """
    with transaction() as tx:
        current = appointments.find(tx, appointment_id, lock=True)
        etags.check(current["version"])
        to = Move(
            starts_at=_starts_at(tx, current["clinic_id"], asked),
            practitioner_id=asked.get("practitioner_id"),
        )
        shift = asked["course"] == "shift"
        moved = course_moves.move(tx, current, to, by_caller(asked["reason"]), shift=shift)
    etags.set(moved["version"])
    return moved


@blueprint.route("/appointments/<uuid:appointment_id>/note", methods=["PUT"])
@requires("appointments:book")
@etags.checked
@blueprint.arguments(schemas.Note)
@blueprint.response(200, AppointmentView)
def write_note(asked: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Write what the desk has to know of a visit, or with null take it away.  No health data.

    It is shown to the clinic's staff only, and goes with the client's record.
    """
    with transaction() as tx:
        current = appointments.promised(tx, appointment_id)
        etags.check(current["version"])
        noted = appointments.write_note(tx, current, asked["note"], by_caller())
    etags.set(noted["version"])
    return noted


@blueprint.route("/appointments/<uuid:appointment_id>/confirm", methods=["POST"])
@requires("appointments:confirm")
@idempotent
@blueprint.arguments(Reason, required=False)
@blueprint.response(200, AppointmentView)
def confirm(asked: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Note that the client will come."""
    return _step("confirm", appointment_id, asked)


@blueprint.route("/appointments/<uuid:appointment_id>/cancel", methods=["POST"])
@requires("appointments:cancel")
@idempotent
@blueprint.arguments(schemas.Cancellation, required=False)
@blueprint.response(200, AppointmentView)
def cancel(asked: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Cancel; practitioner, room, device and client are free again at once.

    Later than the clinic's notice it costs the policy's fee, unless `by` is `clinic`.
    """
    return _step("cancel", appointment_id, asked)


@blueprint.route("/appointments/<uuid:appointment_id>/undo", methods=["POST"])
@requires("appointments:undo")
@idempotent
@blueprint.arguments(Reason, required=False)
@blueprint.response(200, AppointmentView)
def take_back(asked: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Undo today's last step: confirmed, arrived, missed or cancelled by mistake.

    What was missed or cancelled takes its place again, if it is still free; what was charged is
    taken back.
    """
    with transaction() as tx:
        current = _locked(tx, appointment_id)
        done = undo.undo(tx, current, by_caller(asked.get("reason")))
    etags.set(done["version"])
    return done


@blueprint.route("/appointments/<uuid:appointment_id>/arrive", methods=["POST"])
@requires("appointments:arrive")
@idempotent
@blueprint.arguments(Reason, required=False)
@blueprint.response(200, AppointmentView)
def arrive(asked: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Note that the client is here."""
    return _step("arrive", appointment_id, asked)


@blueprint.route("/appointments/<uuid:appointment_id>/miss", methods=["POST"])
@requires("appointments:miss")
@idempotent
@blueprint.arguments(Reason, required=False)
@blueprint.response(200, AppointmentView)
def miss(asked: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Note that the client did not come, after the clinic's grace; it costs the policy's fee."""
    return _step("miss", appointment_id, asked)


@blueprint.route("/appointments/<uuid:appointment_id>/complete", methods=["POST"])
@requires("appointments:complete")
@idempotent
@blueprint.arguments(Reason, required=False)
@blueprint.response(200, AppointmentView)
def complete(asked: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Close the visit; a completed session does so by itself."""
    return _step("complete", appointment_id, asked)


def _step(name: str, appointment_id: UUID, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Take a step; If-Match is heeded when it is sent."""
    with transaction() as tx:
        current = _locked(tx, appointment_id)
        change, wished_by = by_caller(asked.get("reason")), asked.get("wished_by", CLIENT)
        done = appointments.step(tx, name, current, change, wished_by=wished_by)
    etags.set(done["version"])
    return done


def _locked(tx: Transaction, appointment_id: UUID) -> dict[str, Any]:
    """Return the appointment, locked.  Raises Precondition when If-Match names another version."""
    current = appointments.find(tx, appointment_id, lock=True)
    if not etags.seen(current["version"]):
        raise Precondition("Somebody changed this meanwhile. Load it again.")
    return current


def _starts_at(tx: Transaction, clinic_id: UUID, asked: Mapping[str, Any]) -> Any:
    """Return the moment asked for, None for none.  Raises TimeDoesNotExist."""
    wall: datetime | None = asked.get("starts_local")
    return asked.get("starts_at") if wall is None else clinics.typed(tx, clinic_id, wall)
