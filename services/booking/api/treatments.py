"""HTTP edge for treatments."""

from typing import Any
from uuid import UUID

from services.booking.usecases import treatments
from shared import ids
from shared.http import etags, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.treatments import NewTreatment, TreatmentChange, TreatmentView

blueprint = Blueprint("treatments", __name__, url_prefix="/v1/clinics/<uuid:clinic_id>")


@blueprint.route("/treatments", methods=["GET"])
@requires("clinics:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(TreatmentView))
def page(query: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """List the clinic's treatments by name."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        rows = treatments.page(tx, clinic_id, wanted.binds("name", "id"))
    return pages.answer(rows, wanted, key=("name", "id"))


@blueprint.route("/treatments", methods=["POST"])
@requires("catalogue:write")
@idempotent
@blueprint.arguments(NewTreatment)
@blueprint.response(201, TreatmentView)
def add(wanted: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """Add a treatment."""
    with transaction() as tx:
        found = treatments.add(tx, clinic_id, {**wanted, "id": ids.new()})
    etags.set(found["version"])
    return found


@blueprint.route("/treatments/<uuid:treatment_id>", methods=["GET"])
@requires("clinics:read")
@blueprint.response(200, TreatmentView)
def show(clinic_id: UUID, treatment_id: UUID) -> dict[str, Any]:
    """Show a treatment."""
    with transaction() as tx:
        found = treatments.find(tx, clinic_id, treatment_id)
    etags.set(found["version"])
    return found


@blueprint.route("/treatments/<uuid:treatment_id>", methods=["PATCH"])
@requires("catalogue:write")
@etags.checked
@blueprint.arguments(TreatmentChange)
@blueprint.response(200, TreatmentView)
def change(changes: dict[str, Any], clinic_id: UUID, treatment_id: UUID) -> dict[str, Any]:
    """Change a treatment; appointments that exist keep their times."""
    with transaction() as tx:
        current = treatments.find(tx, clinic_id, treatment_id, lock=True)
        etags.check(current["version"])
        found = treatments.change(tx, current, changes)
    etags.set(found["version"])
    return found
