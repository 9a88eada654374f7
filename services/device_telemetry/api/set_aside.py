"""HTTP edge for messages that were acknowledged and could not be stored."""

from typing import Any
from uuid import UUID

from services.device_telemetry.store import set_aside as store
from services.device_telemetry.usecases import replays
from shared import clock
from shared.http import guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.base import Id, Text
from shared.schemas.set_aside import SetAsideView

blueprint = Blueprint("set_aside", __name__, url_prefix="/v1/set-aside")


class SetAsideArgs(pages.PageArgs):
    """Which messages."""

    clinic_id = Id(load_default=None)
    device_id = Id(load_default=None)
    reason = Text(load_default=None, most=50)


@blueprint.route("", methods=["GET"])
@requires("devices:read")
@blueprint.arguments(SetAsideArgs, location="query")
@blueprint.response(200, pages.listing(SetAsideView))
def page(query: dict[str, Any]) -> dict[str, Any]:
    """List what your clinics' devices sent that could not be stored, newest first.

    Headquarters sees all, also what no known device stands behind.
    """
    wanted = pages.Page.of(query)
    if query["clinic_id"]:
        guard.reach(query["clinic_id"])
    with transaction() as tx:
        rows = store.page(
            tx,
            device_id=query["device_id"],
            clinic_id=query["clinic_id"],
            reason=query["reason"],
            binds=wanted.binds("after"),
        )
    return pages.answer(rows, wanted)


@blueprint.route("/<uuid:aside_id>/replay", methods=["POST"])
@requires("set-aside:replay")
@idempotent
@blueprint.response(204)
def replay(aside_id: UUID) -> None:
    """Try to store a message again; it is gone from the list when that went well."""
    with transaction() as tx:
        replays.replay(tx, aside_id, clock.now())
