"""HTTP edge for what needs a person."""

from typing import Any
from uuid import UUID

from services.headquarters.usecases import taking_care
from shared import clock
from shared.http import guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.pages import Page, PageArgs
from shared.http.transactions import transaction
from shared.schemas.attention import Acknowledgement, AttentionView
from shared.schemas.base import Id

blueprint = Blueprint("attention", __name__, url_prefix="/v1", description="Who needs help now")


class AttentionQuery(PageArgs):
    """Of which clinic; none means all."""

    clinic_id = Id(load_default=None)


@blueprint.route("/attention")
@requires("overview:read")
@blueprint.arguments(AttentionQuery, location="query")
@blueprint.response(200, pages.listing(AttentionView))
def listed(query: dict[str, Any]) -> dict[str, Any]:
    """List what waits for a person, worst first, then the oldest."""
    page = Page.of(query)
    wanted = query | page.binds("after_severity", "after_since", "after_id")
    with transaction() as tx:
        rows = taking_care.to_do(tx, wanted, clock.now())
    return pages.answer(rows, page, key=("severity", "since", "id"))


@blueprint.route("/attention/<uuid:item_id>/acknowledge", methods=["POST"])
@requires("attention:acknowledge")
@idempotent
@blueprint.arguments(Acknowledgement)
@blueprint.response(200, AttentionView)
def acknowledge(wanted: dict[str, Any], item_id: UUID) -> dict[str, Any]:
    """Take care of something, with a note; the log keeps who did."""
    with transaction() as tx:
        return taking_care.acknowledge(
            tx, item_id, by=guard.actor().id, note=wanted["note"], now=clock.now()
        )
