"""HTTP edge for messages: read, call one use case, answer."""

from typing import Any
from uuid import UUID

from services.notification.store import messages as store
from services.notification.usecases import repeating
from shared import clock
from shared.http import guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.pages import Page, PageArgs
from shared.http.transactions import transaction
from shared.schemas.base import Choice, Id
from shared.schemas.messages import STATES, MessageView

blueprint = Blueprint("messages", __name__, url_prefix="/v1", description="Messages to clients")


class MessageQuery(PageArgs):
    """Which messages; all filters must hold."""

    clinic_id = Id(load_default=None)
    client_id = Id(load_default=None)
    appointment_id = Id(load_default=None)
    state = Choice(STATES, load_default=None)


@blueprint.route("/messages")
@requires("messages:read")
@blueprint.arguments(MessageQuery, location="query")
@blueprint.response(200, pages.listing(MessageView))
def listed(query: dict[str, Any]) -> dict[str, Any]:
    """List messages, those due last first: what is planned, and what became of it."""
    if query["clinic_id"] is not None:
        guard.reach(query["clinic_id"])
    page = Page.of(query)
    with transaction() as tx:
        rows = store.listed(tx, query | page.binds("after_due", "after_id"))
    return pages.answer(rows, page, key=("due_at", "id"))


@blueprint.route("/messages/<uuid:message_id>")
@requires("messages:read")
@blueprint.response(200, MessageView)
def shown(message_id: UUID) -> dict[str, Any]:
    """Show one message."""
    with transaction() as tx:
        return repeating.found(tx, message_id)


@blueprint.route("/messages/<uuid:message_id>/resend", methods=["POST"])
@requires("messages:resend")
@idempotent
@blueprint.response(201, MessageView)
def resend(message_id: UUID) -> dict[str, Any]:
    """Send a message once more, with what is true now, at once."""
    with transaction() as tx:
        return repeating.resend(tx, message_id, by=guard.actor().id, now=clock.now())
