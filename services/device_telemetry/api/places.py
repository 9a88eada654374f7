"""HTTP edge for the move of a device to another clinic."""

from typing import Any
from uuid import UUID

from services.device_telemetry.api.credentials import cut
from services.device_telemetry.api.devices import one
from services.device_telemetry.usecases import credentials, places
from shared import clock
from shared.http import etags, guard
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.transactions import transaction
from shared.schemas.devices import DeviceView
from shared.schemas.fleet import DeviceMove

blueprint = Blueprint("places", __name__, url_prefix="/v1/devices/<uuid:device_id>")


@blueprint.route("/move", methods=["POST"])
@requires("devices:move")
@etags.checked
@blueprint.arguments(DeviceMove)
@blueprint.response(200, DeviceView)
def move(wanted: dict[str, Any], device_id: UUID) -> dict[str, Any]:
    """Move a device to another of your clinics; its secrets end, and it needs one of the new place.

    What it recorded stays with the clinic where it was, also what arrives later.
    """
    guard.reach(wanted["clinic_id"])
    with transaction() as tx:
        device = places.hold(tx, device_id, wanted["clinic_id"])
        etags.check(device.version)
        now = clock.now()
        row = places.move(tx, device, wanted["clinic_id"], now)
        certificates = credentials.certificates(tx, device_id, now)
    cut(device_id, certificates)
    return one(row)
