"""HTTP edge for what was delivered in a session, and for the history of cartridges."""

from typing import Any
from uuid import UUID

from services.device_telemetry.store import cartridges, sessions
from services.device_telemetry.usecases import runs, traces
from shared import db
from shared.errors import Rejected
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.transactions import transaction
from shared.schemas.devices import CartridgeView
from shared.schemas.traces import SummaryView, TraceArgs, TraceView

blueprint = Blueprint("traces", __name__, url_prefix="/v1")


class TimesCrossed(Rejected):
    """The stretch of time ends before it begins."""

    type = "times-crossed"
    title = "The times are the wrong way round"


@blueprint.route("/sessions/<uuid:session_id>/trace", methods=["GET"])
@requires("traces:read")
@blueprint.arguments(TraceArgs, location="query")
@blueprint.response(200, TraceView)
def trace(query: dict[str, Any], session_id: UUID) -> dict[str, Any]:
    """Show a session's readings: at most `points` real samples, the extremes among them."""
    start, end = query["from_"], query["to"]
    if start and end and end <= start:
        raise TimesCrossed("`to` must be later than `from`.")
    with transaction() as tx:
        return traces.trace(tx, session_id, start=start, end=end, points=query["points"])


@blueprint.route("/sessions/<uuid:session_id>/summary", methods=["GET"])
@requires("traces:read")
@blueprint.response(200, SummaryView)
def summary(session_id: UUID) -> dict[str, Any]:
    """Show what was delivered so far, zone by zone."""
    with transaction() as tx:
        session = sessions.find(tx, session_id)
        others = runs.other_cartridges(tx, session)
        found = runs.last_summary(tx, session)
    return found | {"state": session["state"], "other_cartridges": others}


@blueprint.route("/cartridges/<lot>/<serial>", methods=["GET"])
@requires("devices:read")
@blueprint.response(200, CartridgeView)
def cartridge(lot: str, serial: str) -> dict[str, Any]:
    """Show your sessions on a cartridge, and whether it was ever used twice, anywhere."""
    with transaction() as tx:
        uses = cartridges.uses(tx, lot, serial)
        insertions = cartridges.insertions(tx, lot, serial)
    with transaction(db.EVERY_CLINIC) as tx:
        everywhere = cartridges.uses(tx, lot, serial)
    return {
        "lot": lot,
        "serial": serial,
        "reused": len(everywhere) > 1,
        "uses": uses,
        "insertions": insertions,
    }
