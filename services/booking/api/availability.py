"""HTTP edge for availability."""

from typing import Any
from uuid import UUID

from services.booking.api import spans
from services.booking.usecases import availability
from services.booking.usecases.availability import Question
from shared import clock
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.transactions import transaction
from shared.schemas.availability import MOST_DAYS, AvailabilityArgs, AvailabilityView

blueprint = Blueprint("availability", __name__, url_prefix="/v1/clinics/<uuid:clinic_id>")


@blueprint.route("/availability", methods=["GET"])
@requires("appointments:read")
@blueprint.arguments(AvailabilityArgs, location="query")
@blueprint.response(200, AvailabilityView)
def times(query: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """List the times at which a treatment can begin; with `explain=true` why others cannot.

    `from=2030-01-07&to=2030-01-07` is that day at the clinic, the whole of it.
    """
    explain, zones = query.pop("explain"), query.pop("zones")
    with transaction() as tx:
        question = Question(
            clinic_id,
            **spans.resolved(tx, clinic_id, query, MOST_DAYS),
            zones=tuple(zones.split(",")) if zones else None,
        )
        return availability.times(tx, question, clock.now(), explain=explain)
