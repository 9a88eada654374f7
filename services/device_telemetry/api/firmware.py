"""HTTP edge for firmware: what devices run, and what may not be used any more."""

from typing import Any
from uuid import UUID

from services.device_telemetry.store import devices as device_store
from services.device_telemetry.store import firmware as store
from services.device_telemetry.usecases import firmware
from shared import clock, ids
from shared.http import guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.fleet import FirmwareView, NewWithdrawal, WithdrawalView

blueprint = Blueprint("firmware", __name__, url_prefix="/v1")


@blueprint.route("/devices/<uuid:device_id>/firmware", methods=["GET"])
@requires("devices:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(FirmwareView))
def of_device(query: dict[str, Any], device_id: UUID) -> dict[str, Any]:
    """List the firmware that a device has said it runs, the latest first."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        device_store.clinic_of(tx, device_id)
        rows = store.of_device(tx, device_id, wanted.binds("seen_at", "version"))
    return pages.answer(rows, wanted, key=("first_seen_at", "version"))


@blueprint.route("/withdrawn-firmware", methods=["GET"])
@requires("devices:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(WithdrawalView))
def withdrawals(query: dict[str, Any]) -> dict[str, Any]:
    """List the firmware that may not be used any more, newest first."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        rows = store.withdrawals(tx, wanted.binds("after"))
    return pages.answer(rows, wanted)


@blueprint.route("/withdrawn-firmware", methods=["POST"])
@requires("firmware:withdraw")
@idempotent
@blueprint.arguments(NewWithdrawal)
@blueprint.response(201, WithdrawalView)
def withdraw(wanted: dict[str, Any]) -> dict[str, Any]:
    """Make every device of a model unfit that runs this version, at all clinics, within seconds."""
    by = guard.actor().id
    with transaction() as tx:
        return firmware.withdraw(tx, wanted, ids.new(), by, clock.now())


@blueprint.route("/withdrawn-firmware/<uuid:withdrawal_id>", methods=["DELETE"])
@requires("firmware:withdraw")
@blueprint.response(204)
def lift(withdrawal_id: UUID) -> None:
    """Let a version be used again."""
    with transaction() as tx:
        firmware.lift(tx, withdrawal_id, clock.now())
