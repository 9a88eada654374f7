"""HTTP edge for the services of devices."""

from typing import Any
from uuid import UUID

from services.device_telemetry.api.devices import one
from services.device_telemetry.store import devices as device_store
from services.device_telemetry.store import services as store
from services.device_telemetry.usecases import services
from shared import clock, ids
from shared.http import guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.devices import DeviceView
from shared.schemas.fleet import NewService, ServiceView

blueprint = Blueprint("services", __name__, url_prefix="/v1/devices/<uuid:device_id>/services")


@blueprint.route("", methods=["POST"])
@requires("devices:write")
@idempotent
@blueprint.arguments(NewService)
@blueprint.response(200, DeviceView)
def note(done: dict[str, Any], device_id: UUID) -> dict[str, Any]:
    """Note a service; the youngest says when the next one is due."""
    by = guard.actor().id
    with transaction() as tx:
        row = services.note(tx, device_id, done, service_id=ids.new(), by=by, now=clock.now())
    return one(row)


@blueprint.route("", methods=["GET"])
@requires("devices:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(ServiceView))
def page(query: dict[str, Any], device_id: UUID) -> dict[str, Any]:
    """List a device's services, newest entry first."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        device_store.clinic_of(tx, device_id)
        rows = store.page(tx, device_id, wanted.binds("after"))
    return pages.answer(rows, wanted)
