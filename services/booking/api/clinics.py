"""HTTP edge for clinics."""

from typing import Any
from uuid import UUID

from services.booking.usecases import clinics
from shared import ids
from shared.http import etags, guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.permissions import allows
from shared.schemas.clinics import ClinicChange, ClinicView, NewClinic

blueprint = Blueprint("clinics", __name__, url_prefix="/v1/clinics")


@blueprint.route("", methods=["GET"])
@requires("clinics:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(ClinicView))
def page(query: dict[str, Any]) -> dict[str, Any]:
    """List your clinics by name; headquarters sees all."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        rows = clinics.page(tx, wanted.binds("name", "id"))
    return pages.answer(rows, wanted, key=("name", "id"))


@blueprint.route("", methods=["POST"])
@requires("clinics:write")
@idempotent
@blueprint.arguments(NewClinic)
@blueprint.response(201, ClinicView)
def open_clinic(wanted: dict[str, Any]) -> dict[str, Any]:
    """Open a clinic."""
    with transaction() as tx:
        found = clinics.open_clinic(tx, {**wanted, "id": ids.new()})
    etags.set(found["version"])
    return found


@blueprint.route("/<uuid:clinic_id>", methods=["GET"])
@requires("clinics:read")
@blueprint.response(200, ClinicView)
def show(clinic_id: UUID) -> dict[str, Any]:
    """Show a clinic."""
    with transaction() as tx:
        found = clinics.find(tx, clinic_id)
    etags.set(found["version"])
    return found


@blueprint.route("/<uuid:clinic_id>", methods=["PATCH"])
@requires("catalogue:write")
@etags.checked
@blueprint.arguments(ClinicChange)
@blueprint.response(200, ClinicView)
def change(changes: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """Change a clinic; appointments that exist keep their moments.

    Name, time zone, jurisdiction and whether it takes bookings are for headquarters to change.
    """
    if not allows("clinics:write", guard.actor().roles):
        clinics.require_own(changes)
    with transaction() as tx:
        current = clinics.find(tx, clinic_id, lock=True)
        etags.check(current["version"])
        found = clinics.change(tx, current, changes)
    etags.set(found["version"])
    return found
