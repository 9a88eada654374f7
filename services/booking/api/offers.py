"""HTTP edge for the places that are offered to those who wait."""

from typing import Any
from uuid import UUID

from services.booking.api.changes import by_caller
from services.booking.usecases import offers, waiting
from shared.http import etags, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.appointments import AppointmentView
from shared.schemas.waiting import OfferView

blueprint = Blueprint("offers", __name__, url_prefix="/v1")


@blueprint.route("/waiting-list/<uuid:entry_id>/offers", methods=["GET"])
@requires("appointments:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(OfferView))
def page(query: dict[str, Any], entry_id: UUID) -> dict[str, Any]:
    """List all that a client on the waiting list was offered, the oldest first."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        waiting.find(tx, entry_id)
        rows = offers.page(tx, entry_id, wanted.binds("offered_at", "id"))
    return pages.answer(rows, wanted, key=("offered_at", "id"))


@blueprint.route("/offers/<uuid:offer_id>", methods=["GET"])
@requires("appointments:read")
@blueprint.response(200, OfferView)
def show(offer_id: UUID) -> dict[str, Any]:
    """Show an offer."""
    with transaction() as tx:
        return offers.find(tx, offer_id)


@blueprint.route("/offers/<uuid:offer_id>/accept", methods=["POST"])
@requires("appointments:book")
@idempotent
@blueprint.response(200, AppointmentView)
def accept(offer_id: UUID) -> dict[str, Any]:
    """Take the place for the client; accepting twice answers the same appointment."""
    with transaction() as tx:
        booked = offers.accept(tx, offer_id, by_caller())
    etags.set(booked["version"])
    return booked


@blueprint.route("/offers/<uuid:offer_id>/decline", methods=["POST"])
@requires("appointments:book")
@idempotent
@blueprint.response(200, OfferView)
def decline(offer_id: UUID) -> dict[str, Any]:
    """Give the place to the next in line; the client waits on, and is not asked for it again."""
    with transaction() as tx:
        return offers.decline(tx, offer_id, by_caller())
