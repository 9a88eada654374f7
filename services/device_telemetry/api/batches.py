"""The same batches as over MQTT, for networks that only let HTTPS out."""

from functools import cache
from uuid import UUID

from flask import request

from services.device_telemetry.domain import credentials as rules
from services.device_telemetry.domain import topics, topology
from services.device_telemetry.usecases import credentials
from shared import clock, db, settings
from shared.amqp.handover import Handovers
from shared.errors import Unauthenticated
from shared.http.blueprints import Blueprint, body_limit
from shared.http.guard import public
from shared.http.transactions import question
from shared.pace import Pace
from shared.schemas.batches import MOST_BYTES

blueprint = Blueprint("batches", __name__, url_prefix="/v1/devices/<uuid:device_id>")
# A device that needles sends one batch a second; ten leave room for what it stored meanwhile.
PACE = Pace(600)
AT_ONCE = 2  # of this process's threads; the broker's questions need the others


class DeviceRefused(Unauthenticated):
    """Not this device's id and secret."""

    type = "device-refused"
    title = "The device is not known"


@blueprint.route("/batches", methods=["POST"])
@public("the device shows its own id and secret: HTTP Basic")
@body_limit(MOST_BYTES)
@blueprint.doc(
    security=[{"device": []}],
    requestBody={
        "required": True,
        "description": "One batch, byte for byte as over MQTT: docs/device-protocol.md",
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "application/json": {"schema": {"type": "object"}},
        },
    },
)
@blueprint.response(202)
def take(device_id: UUID) -> None:
    """Take a batch.  202 once it is durably queued; 401, 429 and 503 mean: keep it, send it again.

    What it holds is judged later, as over MQTT: what is no batch is set aside with the reason.
    """
    shown = request.authorization
    if shown is None or shown.type != "basic" or shown.username != str(device_id):
        raise DeviceRefused("Send the device's id and secret as HTTP Basic.")
    entry = credentials.entry(question(db.EVERY_CLINIC), device_id, clock.now())
    if entry is None or not rules.opens(shown.password or "", entry.fingerprints):
        raise DeviceRefused("Send the device's id and secret as HTTP Basic.")
    PACE.step(device_id)
    key = topics.routing_key(entry.clinic_id, device_id, "readings")
    _handover(settings.secret("AMQP_URL")).give(topology.ENTRANCE, key, request.get_data())


@cache
def _handover(urls: str) -> Handovers:
    """Return this process's ways to the broker."""
    return Handovers(urls, "device-telemetry-api", AT_ONCE)
