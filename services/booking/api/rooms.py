"""HTTP edge for rooms, and the devices that can be booked with them."""

from typing import Any
from uuid import UUID

from services.booking.usecases import rooms
from shared import ids
from shared.http import etags, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.schemas.rooms import BookableDeviceView, NewRoom, RoomChange, RoomView

blueprint = Blueprint("rooms", __name__, url_prefix="/v1/clinics/<uuid:clinic_id>")


@blueprint.route("/rooms", methods=["GET"])
@requires("clinics:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(RoomView))
def page(query: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """List the clinic's rooms by name."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        rows = rooms.page(tx, clinic_id, wanted.binds("name", "id"))
    return pages.answer(rows, wanted, key=("name", "id"))


@blueprint.route("/rooms", methods=["POST"])
@requires("catalogue:write")
@idempotent
@blueprint.arguments(NewRoom)
@blueprint.response(201, RoomView)
def add(wanted: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """Add a room."""
    with transaction() as tx:
        found = rooms.add(tx, clinic_id, {**wanted, "id": ids.new()})
    etags.set(found["version"])
    return found


@blueprint.route("/rooms/<uuid:room_id>", methods=["GET"])
@requires("clinics:read")
@blueprint.response(200, RoomView)
def show(clinic_id: UUID, room_id: UUID) -> dict[str, Any]:
    """Show a room."""
    with transaction() as tx:
        found = rooms.find(tx, clinic_id, room_id)
    etags.set(found["version"])
    return found


@blueprint.route("/rooms/<uuid:room_id>", methods=["PATCH"])
@requires("catalogue:write")
@etags.checked
@blueprint.arguments(RoomChange)
@blueprint.response(200, RoomView)
def change(changes: dict[str, Any], clinic_id: UUID, room_id: UUID) -> dict[str, Any]:
    """Change a room; appointments that exist keep their times."""
    with transaction() as tx:
        current = rooms.find(tx, clinic_id, room_id, lock=True)
        etags.check(current["version"])
        found = rooms.change(tx, current, changes)
    etags.set(found["version"])
    return found


@blueprint.route("/devices", methods=["GET"])
@requires("clinics:read")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(BookableDeviceView))
def devices(query: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """List the clinic's devices by name, as device telemetry last told of them."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        rows = rooms.device_page(tx, clinic_id, wanted.binds("name", "id"))
    return pages.answer(rows, wanted, key=("name", "id"))
