"""HTTP edge for consents."""

from typing import Any
from uuid import UUID

from services.client_records.api import waiting
from services.client_records.domain.consents import TEMPLATES
from services.client_records.usecases import consents
from shared import clock, ids
from shared.http import guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.consents import ConsentView, NewConsent, SignedConsentView, TemplatesView

blueprint = Blueprint(
    "consents", __name__, url_prefix="/v1", description="What was signed, in which version."
)


@blueprint.route("/consent-templates", methods=["GET"])
@requires("consents:write")
@blueprint.response(200, TemplatesView)
def templates() -> dict[str, Any]:
    """List the consents' wordings with their versions."""
    return {"items": TEMPLATES}


@blueprint.route("/clients/<uuid:client_id>/consents", methods=["POST"])
@requires("consents:write")
@idempotent
@blueprint.arguments(NewConsent)
@blueprint.response(201, ConsentView)
def sign(wanted: dict[str, Any], client_id: UUID) -> dict[str, Any]:
    """Keep a client's signature under the current consent, for one appointment's treatment."""
    with transaction() as tx:
        waiting.for_appointment(tx, wanted["appointment_id"])
        return consents.sign(
            tx, client_id, wanted, new_id=ids.new(), by=guard.actor().id, now=clock.now()
        )


@blueprint.route("/clients/<uuid:client_id>/consents", methods=["GET"])
@requires("clients:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(SignedConsentView))
def page(query: dict[str, Any], client_id: UUID) -> dict[str, Any]:
    """List what a client signed, the oldest first."""
    wanted = pages.Page.of(query)
    after = wanted.binds("id")["id"]
    with transaction() as tx:
        rows = consents.of_client(
            tx, client_id, wanted.fetch, after, by=guard.actor().id, now=clock.now()
        )
    return pages.answer(rows, wanted)
