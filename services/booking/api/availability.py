"""HTTP edge for availability."""

from typing import Any
from uuid import UUID

from services.booking.usecases import availability
from services.booking.usecases.availability import Question
from shared import clock
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.transactions import transaction
from shared.schemas.availability import AvailabilityArgs, AvailabilityView

blueprint = Blueprint("availability", __name__, url_prefix="/v1/clinics/<uuid:clinic_id>")


@blueprint.route("/availability", methods=["GET"])
@requires("appointments:read")
@blueprint.arguments(AvailabilityArgs, location="query")
@blueprint.response(200, AvailabilityView)
def times(query: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """List the times at which a treatment can begin; with `explain=true` why others cannot."""
    explain = query.pop("explain")
    with transaction() as tx:
        return availability.times(tx, Question(clinic_id, **query), clock.now(), explain=explain)
