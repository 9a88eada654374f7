"""HTTP edge for devices."""

from typing import Any
from uuid import UUID

from services.device_telemetry.domain import devices as rules
from services.device_telemetry.domain.devices import Calibration
from services.device_telemetry.store import devices as store
from services.device_telemetry.store import set_aside, streams
from services.device_telemetry.usecases import devices, losses
from shared import clock, ids
from shared.http import etags, guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.base import Choice, Flag, Id
from shared.schemas.devices import (
    STATUSES,
    DeviceChange,
    DeviceView,
    GapView,
    ModelsView,
    NewCalibration,
    NewDevice,
)
from shared.schemas.set_aside import SetAsideView

blueprint = Blueprint("devices", __name__, url_prefix="/v1")


class DevicesArgs(pages.PageArgs):
    """Which devices."""

    clinic_id = Id(load_default=None)
    fit = Flag(
        load_default=None, metadata={"description": "Only those fit for use, or only others"}
    )
    status = Choice(STATUSES, load_default=None)


@blueprint.route("/models", methods=["GET"])
@requires("devices:read")
@blueprint.response(200, ModelsView)
def models() -> dict[str, Any]:
    """List the model profiles; what is null was found in no source and blocks use."""
    return {"items": list(rules.MODELS.values())}


@blueprint.route("/devices", methods=["POST"])
@requires("devices:write")
@idempotent
@blueprint.arguments(NewDevice)
@blueprint.response(201, DeviceView)
def register(wanted: dict[str, Any]) -> dict[str, Any]:
    """Register a device at a clinic; it is fit once its limits and calibration are known."""
    guard.reach(wanted["clinic_id"])
    exists = guard.actor().clinic_ids is not None
    with transaction() as tx:
        row = devices.register(tx, wanted, ids.new(), clock.now(), clinic_exists=exists)
    return one(row)


@blueprint.route("/devices", methods=["GET"])
@requires("devices:read")
@blueprint.arguments(DevicesArgs, location="query")
@blueprint.response(200, pages.listing(DeviceView))
def page(query: dict[str, Any]) -> dict[str, Any]:
    """List your clinics' devices; headquarters sees all."""
    wanted = pages.Page.of(query)
    if query["clinic_id"]:
        guard.reach(query["clinic_id"])
    with transaction() as tx:
        rows = store.page(tx, {**query, **wanted.binds("after")}, clock.now())
    return pages.answer([view(row) for row in rows], wanted)


@blueprint.route("/devices/<uuid:device_id>", methods=["GET"])
@requires("devices:read")
@blueprint.response(200, DeviceView)
def show(device_id: UUID) -> dict[str, Any]:
    """Show a device, its fitness with the reasons, and what it last said of itself."""
    with transaction() as tx:
        return one(store.find(tx, device_id, clock.now()))


@blueprint.route("/devices/<uuid:device_id>", methods=["PATCH"])
@requires("devices:write")
@etags.checked
@blueprint.arguments(DeviceChange)
@blueprint.response(200, DeviceView)
def rename(wanted: dict[str, Any], device_id: UUID) -> dict[str, Any]:
    """Give a device another label."""
    with transaction() as tx:
        device = store.lock(tx, device_id)
        etags.check(device.version)
        return one(devices.rename(tx, device, wanted["name"], clock.now()))


@blueprint.route("/devices/<uuid:device_id>/calibrations", methods=["POST"])
@requires("devices:write")
@idempotent
@blueprint.arguments(NewCalibration)
@blueprint.response(200, DeviceView)
def calibrate(done: dict[str, Any], device_id: UUID) -> dict[str, Any]:
    """Note a calibration."""
    calibration = Calibration(done["calibrated_on"], done["due_on"], done["tolerance_um"])
    with transaction() as tx:
        return one(devices.calibrate(tx, device_id, calibration, clock.now()))


@blueprint.route("/devices/<uuid:device_id>/gaps", methods=["GET"])
@requires("devices:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(GapView))
def gaps(query: dict[str, Any], device_id: UUID) -> dict[str, Any]:
    """List the holes in a device's streams that are open now."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        store.clinic_of(tx, device_id)
        rows = streams.gaps_of_device(tx, device_id, wanted.binds("boot_id", "from_seq"))
    return pages.answer(rows, wanted, key=("boot_id", "from_seq"))


@blueprint.route(
    "/devices/<uuid:device_id>/gaps/<int(max=4294967295):boot_id>"
    "/<int(max=9223372036854775807):from_seq>/accept",
    methods=["POST"],
)
@requires("devices:write")
@blueprint.response(200, GapView)
def accept_gap(device_id: UUID, boot_id: int, from_seq: int) -> dict[str, Any]:
    """Give up samples that will never come: the alarm for them ends, the gap stays listed."""
    with transaction() as tx:
        store.clinic_of(tx, device_id)
        return losses.accept(tx, device_id, boot_id, from_seq, by=guard.actor().id, now=clock.now())


@blueprint.route("/devices/<uuid:device_id>/set-aside", methods=["GET"])
@requires("devices:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(SetAsideView))
def aside(query: dict[str, Any], device_id: UUID) -> dict[str, Any]:
    """List what was acknowledged to a device and could not be stored, newest first."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        store.clinic_of(tx, device_id)
        rows = set_aside.page(tx, device_id=device_id, binds=wanted.binds("after"))
    return pages.answer(rows, wanted)


def one(row: dict[str, Any]) -> dict[str, Any]:
    """Return a device as `view` does, and its version as the answer's ETag.

    The device's own state changes without a new version: nobody is told that nothing has changed.
    """
    etags.set(row["version"], whole=False)
    return view(row)


def view(row: dict[str, Any]) -> dict[str, Any]:
    """Return a device with what its model's profile says."""
    profile = rules.MODELS.get(row["model"])
    calibration = Calibration(row["calibrated_on"], None, row["tolerance_um"])
    return row | {
        "model_name": profile.name if profile else row["model"],
        "depth_min_um": profile.depth_min_um if profile else None,
        "calibration_disagrees": rules.disagrees(calibration, row["said_calibrated_on"]),
        "depth_max_um": profile.depth_max_um if profile else None,
        "tolerance_um": rules.tolerance_um(profile, calibration) if profile else None,
    }
