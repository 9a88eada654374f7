"""HTTP edge for the open alarms of devices."""

from typing import Any

from services.headquarters.store import things
from shared.http import guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.pages import Page, PageArgs
from shared.http.transactions import transaction
from shared.schemas.base import Id
from shared.schemas.overview import AlarmView

blueprint = Blueprint("alarms", __name__, url_prefix="/v1", description="Alarms that are open now")


class AlarmsQuery(PageArgs):
    """Of which clinic; none means all of the caller's."""

    clinic_id = Id(load_default=None)


@blueprint.route("/alarms")
@requires("alarms:read")
@blueprint.arguments(AlarmsQuery, location="query")
@blueprint.response(200, pages.listing(AlarmView))
def listed(query: dict[str, Any]) -> dict[str, Any]:
    """List alarms that have not ended, the newest first, with who has looked and what stopped."""
    page = Page.of(query)
    if query["clinic_id"]:
        guard.reach(query["clinic_id"])
    with transaction() as tx:
        rows = things.page_of_open_alarms(tx, query["clinic_id"], page.binds("after"))
    return pages.answer(rows, page, key="alarm_id")
