"""HTTP edge for a clinic's policy."""

from typing import Any
from uuid import UUID

from services.booking.domain.policies import Policy
from services.booking.usecases import policies
from shared.http import etags
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.transactions import transaction
from shared.schemas.policies import PolicyChange, PolicyView

blueprint = Blueprint("policies", __name__, url_prefix="/v1/clinics/<uuid:clinic_id>/policy")


@blueprint.route("", methods=["GET"])
@requires("clinics:read")
@blueprint.response(200, PolicyView)
def show(clinic_id: UUID) -> Policy:
    """Show what the clinic asks of whoever moves, cancels or stays away; also in words."""
    with transaction() as tx:
        found = policies.find(tx, clinic_id)
    etags.set(found.version)
    return found


@blueprint.route("", methods=["PATCH"])
@requires("catalogue:write")
@etags.checked
@blueprint.arguments(PolicyChange)
@blueprint.response(200, PolicyView)
def change(changes: dict[str, Any], clinic_id: UUID) -> Policy:
    """Change the policy; what was charged before stays charged."""
    with transaction() as tx:
        current = policies.find(tx, clinic_id, lock=True)
        etags.check(current.version)
        found = policies.change(tx, clinic_id, current, changes)
    etags.set(found.version)
    return found
