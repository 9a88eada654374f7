"""HTTP edge for practitioners."""

from typing import Any
from uuid import UUID

from services.booking.usecases import practitioners
from shared import ids
from shared.http import etags, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.practitioners import NewPractitioner, PractitionerChange, PractitionerView

blueprint = Blueprint("practitioners", __name__, url_prefix="/v1/clinics/<uuid:clinic_id>")


@blueprint.route("/practitioners", methods=["GET"])
@requires("clinics:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(PractitionerView))
def page(query: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """List the clinic's practitioners by name."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        rows = practitioners.page(tx, clinic_id, wanted.binds("name", "id"))
    return pages.answer(rows, wanted, key=("name", "id"))


@blueprint.route("/practitioners", methods=["POST"])
@requires("catalogue:write")
@idempotent
@blueprint.arguments(NewPractitioner)
@blueprint.response(201, PractitionerView)
def add(wanted: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """Add a practitioner."""
    with transaction() as tx:
        found = practitioners.add(tx, clinic_id, wanted, rota_id=ids.new())
    etags.set(found["version"])
    return found


@blueprint.route("/practitioners/<uuid:practitioner_id>", methods=["GET"])
@requires("clinics:read")
@blueprint.response(200, PractitionerView)
def show(clinic_id: UUID, practitioner_id: UUID) -> dict[str, Any]:
    """Show a practitioner."""
    with transaction() as tx:
        found = practitioners.find(tx, clinic_id, practitioner_id)
    etags.set(found["version"])
    return found


@blueprint.route("/practitioners/<uuid:practitioner_id>", methods=["PATCH"])
@requires("catalogue:write")
@etags.checked
@blueprint.arguments(PractitionerChange)
@blueprint.response(200, PractitionerView)
def change(changes: dict[str, Any], clinic_id: UUID, practitioner_id: UUID) -> dict[str, Any]:
    """Change a practitioner."""
    with transaction() as tx:
        current = practitioners.find(tx, clinic_id, practitioner_id, lock=True)
        etags.check(current["version"])
        found = practitioners.change(tx, current, changes, rota_id=ids.new())
    etags.set(found["version"])
    return found
