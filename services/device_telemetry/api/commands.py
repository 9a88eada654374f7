"""HTTP edge for what staff have devices do."""

from typing import Any
from uuid import UUID

from services.device_telemetry.store import commands as store
from services.device_telemetry.usecases import commands
from shared import clock, ids
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.commands import CommandView

blueprint = Blueprint("commands", __name__, url_prefix="/v1/devices/<uuid:device_id>")


@blueprint.route("/identify", methods=["POST"])
@requires("devices:identify")
@idempotent
@blueprint.response(201, CommandView)
def identify(device_id: UUID) -> dict[str, Any]:
    """Make a device blink, to tell which of those at hand it is; said again for a minute.

    While that goes on, asking again gives the same command.
    """
    now = clock.now()
    with transaction() as tx:
        command_id = commands.identify(tx, device_id, command_id=ids.new(), now=now)
        return store.find(tx, device_id, command_id, now)


@blueprint.route("/commands/<uuid:command_id>", methods=["GET"])
@requires("devices:read")
@blueprint.response(200, CommandView)
def show(device_id: UUID, command_id: UUID) -> dict[str, Any]:
    """Show a command, and whether the device has answered; kept for 30 days."""
    with transaction() as tx:
        return store.find(tx, device_id, command_id, clock.now())
