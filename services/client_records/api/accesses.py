"""HTTP edge for the access log."""

from typing import Any
from uuid import UUID

from services.client_records.usecases import accesses
from shared.http import pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.transactions import transaction
from shared.schemas.clients import AccessChainView, AccessView

blueprint = Blueprint(
    "accesses", __name__, url_prefix="/v1", description="Who looked at whom, and what for."
)


@blueprint.route("/clients/<uuid:client_id>/accesses", methods=["GET"])
@requires("accesses:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(AccessView))
def page(query: dict[str, Any], client_id: UUID) -> dict[str, Any]:
    """List who looked at a client, the latest first; erased clients' too."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        before = wanted.binds("position")["position"]
        rows = accesses.of_client(tx, client_id, wanted.fetch, before)
    return pages.answer(rows, wanted, key="position")


@blueprint.route("/clinics/<uuid:clinic_id>/access-chain", methods=["GET"])
@requires("accesses:read")
@blueprint.response(200, AccessChainView)
def chain(clinic_id: UUID) -> dict[str, Any]:
    """Check a clinic's access log from its first entry to its last."""
    with transaction() as tx:
        return accesses.chain(tx, clinic_id)
