"""HTTP edge for alarms."""

from typing import Any
from uuid import UUID

from services.device_telemetry.store import alarms as store
from services.device_telemetry.usecases import alarms
from shared import clock
from shared.http import guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.transactions import transaction
from shared.schemas.alarms import STATES, AlarmView
from shared.schemas.base import Choice, Id

blueprint = Blueprint("alarms", __name__, url_prefix="/v1/alarms")


class AlarmsArgs(pages.PageArgs):
    """Which alarms."""

    clinic_id = Id(load_default=None)
    state = Choice(STATES, load_default=None)


@blueprint.route("", methods=["GET"])
@requires("alarms:read")
@blueprint.arguments(AlarmsArgs, location="query")
@blueprint.response(200, pages.listing(AlarmView))
def page(query: dict[str, Any]) -> dict[str, Any]:
    """List your clinics' alarms, newest first; headquarters sees all."""
    wanted = pages.Page.of(query)
    if query["clinic_id"]:
        guard.reach(query["clinic_id"])
    with transaction() as tx:
        rows = store.page(
            tx, clinic_id=query["clinic_id"], state=query["state"], binds=wanted.binds("after")
        )
    return pages.answer(rows, wanted)


@blueprint.route("/<uuid:alarm_id>/acknowledge", methods=["POST"])
@requires("alarms:acknowledge")
@blueprint.response(200, AlarmView)
def acknowledge(alarm_id: UUID) -> dict[str, Any]:
    """Say that you have seen an alarm; it ends when its cause does.  The first stays named."""
    with transaction() as tx:
        return alarms.acknowledge(tx, alarm_id, guard.actor().id, clock.now())
