"""HTTP edge for lots: from a lot to everybody who was treated with it."""

from typing import Any
from uuid import UUID

from services.client_records.usecases import charts
from shared import clock
from shared.errors import NotFound
from shared.http import guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.transactions import transaction
from shared.schemas.sessions import ExposureView

blueprint = Blueprint("lots", __name__, url_prefix="/v1", description="Tracing lots for recalls.")
MOST = 200  # characters of a lot


@blueprint.route("/lots/<string:lot>/exposure", methods=["GET"])
@requires("lots:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(ExposureView))
def exposure(query: dict[str, Any], lot: str) -> dict[str, Any]:
    """List the sessions in which a lot was used, of a cartridge or a product, the latest first."""
    if len(lot) > MOST or not lot.isprintable():
        raise NotFound("There is no such lot.")
    wanted = pages.Page.of(query)
    before: UUID | None = wanted.binds("session_id")["session_id"]
    with transaction() as tx:
        rows = charts.exposure(tx, lot, wanted.fetch, before, by=guard.actor().id, now=clock.now())
    return pages.answer(rows, wanted, key="session_id")
