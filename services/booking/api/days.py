"""HTTP edge for a clinic's dates and their exceptions."""

from typing import Any
from uuid import UUID

from services.booking.usecases import days
from shared import clock, ids
from shared.http import etags
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.days import ClinicDaysView, Dates, ExceptionChange, ExceptionView, NewException

blueprint = Blueprint("days", __name__, url_prefix="/v1/clinics/<uuid:clinic_id>")


@blueprint.route("/days", methods=["GET"])
@requires("clinics:read")
@blueprint.arguments(Dates, location="query")
@blueprint.response(200, ClinicDaysView)
def listing(query: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """Say what each date is: its hours, its public holiday, its exception."""
    with transaction() as tx:
        return days.listing(tx, clinic_id, query["first"], query["last"])


@blueprint.route("/exceptions", methods=["POST"])
@requires("catalogue:write")
@idempotent
@blueprint.arguments(NewException)
@blueprint.response(201, ExceptionView)
def add(wanted: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """Give a date other hours than its weekday's, or close it; a public holiday gives way to it."""
    with transaction() as tx:
        found = days.add(tx, clinic_id, {**wanted, "id": ids.new()}, now=clock.now())
    etags.set(found["version"])
    return found


@blueprint.route("/exceptions/<uuid:exception_id>", methods=["GET"])
@requires("clinics:read")
@blueprint.response(200, ExceptionView)
def show(clinic_id: UUID, exception_id: UUID) -> dict[str, Any]:
    """Show an exception."""
    with transaction() as tx:
        found = days.find(tx, clinic_id, exception_id)
    etags.set(found["version"])
    return found


@blueprint.route("/exceptions/<uuid:exception_id>", methods=["PATCH"])
@requires("catalogue:write")
@etags.checked
@blueprint.arguments(ExceptionChange)
@blueprint.response(200, ExceptionView)
def change(changes: dict[str, Any], clinic_id: UUID, exception_id: UUID) -> dict[str, Any]:
    """Change hours or reason of an exception; appointments that exist keep their times."""
    with transaction() as tx:
        current = days.find(tx, clinic_id, exception_id, lock=True)
        etags.check(current["version"])
        found = days.change(tx, current, changes, now=clock.now())
    etags.set(found["version"])
    return found


@blueprint.route("/exceptions/<uuid:exception_id>", methods=["DELETE"])
@requires("catalogue:write")
@etags.checked
@blueprint.response(204)
def remove(clinic_id: UUID, exception_id: UUID) -> None:
    """Take an exception back: the date is as usual again."""
    with transaction() as tx:
        current = days.find(tx, clinic_id, exception_id, lock=True)
        etags.check(current["version"])
        days.remove(tx, current, now=clock.now())
