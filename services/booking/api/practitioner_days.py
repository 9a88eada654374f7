"""HTTP edge for single dates of practitioners."""

from typing import Any
from uuid import UUID

from services.booking.usecases import practitioner_days, practitioners, rotas
from shared import clock, ids
from shared.http import etags
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.days import Dates
from shared.schemas.rotas import NewShift, PractitionerDaysView, ShiftChange, ShiftView

blueprint = Blueprint(
    "practitioner_days",
    __name__,
    url_prefix="/v1/clinics/<uuid:clinic_id>/practitioners/<uuid:practitioner_id>",
)


@blueprint.route("/days", methods=["GET"])
@requires("clinics:read")
@blueprint.arguments(Dates, location="query")
@blueprint.response(200, PractitionerDaysView)
def listing(query: dict[str, Any], clinic_id: UUID, practitioner_id: UUID) -> dict[str, Any]:
    """Say when a practitioner works here on each date: rota, exceptions and absences together."""
    first, last = query["first"], query["last"]
    with transaction() as tx:
        practitioners.find(tx, clinic_id, practitioner_id)
        return {"days": rotas.listing(tx, clinic_id, practitioner_id, first, last)}


@blueprint.route("/exceptions", methods=["POST"])
@requires("catalogue:write")
@idempotent
@blueprint.arguments(NewShift)
@blueprint.response(201, ShiftView)
def add(wanted: dict[str, Any], clinic_id: UUID, practitioner_id: UUID) -> dict[str, Any]:
    """Give a date other hours than the rota's, or a day off."""
    with transaction() as tx:
        person = practitioners.find(tx, clinic_id, practitioner_id)
        wanted = {**wanted, "id": ids.new()}
        found = practitioner_days.add(tx, person, wanted, now=clock.now())
    etags.set(found["version"])
    return found


@blueprint.route("/exceptions/<uuid:exception_id>", methods=["GET"])
@requires("clinics:read")
@blueprint.response(200, ShiftView)
def show(clinic_id: UUID, practitioner_id: UUID, exception_id: UUID) -> dict[str, Any]:
    """Show an exception."""
    with transaction() as tx:
        found = practitioner_days.find(tx, clinic_id, practitioner_id, exception_id)
    etags.set(found["version"])
    return found


@blueprint.route("/exceptions/<uuid:exception_id>", methods=["PATCH"])
@requires("catalogue:write")
@etags.checked
@blueprint.arguments(ShiftChange)
@blueprint.response(200, ShiftView)
def change(
    changes: dict[str, Any], clinic_id: UUID, practitioner_id: UUID, exception_id: UUID
) -> dict[str, Any]:
    """Change the hours of an exception; appointments that exist keep their times."""
    with transaction() as tx:
        current = practitioner_days.find(tx, clinic_id, practitioner_id, exception_id, lock=True)
        etags.check(current["version"])
        found = practitioner_days.change(tx, current, changes, now=clock.now())
    etags.set(found["version"])
    return found


@blueprint.route("/exceptions/<uuid:exception_id>", methods=["DELETE"])
@requires("catalogue:write")
@etags.checked
@blueprint.response(204)
def remove(clinic_id: UUID, practitioner_id: UUID, exception_id: UUID) -> None:
    """Take an exception back: the date follows the rota again."""
    with transaction() as tx:
        current = practitioner_days.find(tx, clinic_id, practitioner_id, exception_id, lock=True)
        etags.check(current["version"])
        practitioner_days.remove(tx, current, now=clock.now())
