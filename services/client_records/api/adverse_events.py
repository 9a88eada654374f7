"""HTTP edge for adverse events."""

from typing import Any
from uuid import UUID

from services.client_records.usecases import adverse_events
from shared import clock, ids
from shared.http import guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.adverse_events import AdverseEventView, NewAdverseEvent

blueprint = Blueprint(
    "adverse_events", __name__, url_prefix="/v1", description="Side effects and their clocks."
)


@blueprint.route("/clients/<uuid:client_id>/adverse-events", methods=["POST"])
@requires("adverse-events:write")
@idempotent
@blueprint.arguments(NewAdverseEvent)
@blueprint.response(201, AdverseEventView)
def report(wanted: dict[str, Any], client_id: UUID) -> dict[str, Any]:
    """Report what was noticed after a treatment; the answer says by when somebody must act."""
    with transaction() as tx:
        return adverse_events.report(
            tx, client_id, wanted, new_id=ids.new(), by=guard.actor().id, now=clock.now()
        )


@blueprint.route("/clients/<uuid:client_id>/adverse-events", methods=["GET"])
@requires("clients:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(AdverseEventView))
def page(query: dict[str, Any], client_id: UUID) -> dict[str, Any]:
    """List what a client reported, the latest first."""
    wanted = pages.Page.of(query)
    before = wanted.binds("id")["id"]
    with transaction() as tx:
        rows = adverse_events.of_client(
            tx, client_id, wanted.fetch, before, by=guard.actor().id, now=clock.now()
        )
    return pages.answer(rows, wanted)
