"""The devices: which may be used, which not and why, and what is due."""

from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
)
from werkzeug.wrappers import Response as AnyResponse

from services.web.clients.booking import Booking
from services.web.clients.device_telemetry import DeviceTelemetry
from services.web.domain import fleet
from services.web.domain.words import Look
from services.web.pages import gate, parts
from shared import clock
from shared.errors import Conflict, NotFound, Rejected

PERMISSION: Final = "devices:read"
BLINK: Final = "devices:identify"
EVERYWHERE: Final = "overview:read"  # whoever sees all clinics at once
_LONGEST: Final = 1000

blueprint = Blueprint("fleet", __name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the address asks for.  No clinic: all of them."""

    clinic: str | None
    shown: str
    cursor: str | None
    device: UUID | None = None  # which was asked to blink
    command: UUID | None = None

    def address(self, path: str, cursor: str | None) -> str:
        """Return the address of the same choice, from another place of the list on."""
        asked = {"clinic": self.clinic, "show": self.shown, "cursor": cursor}
        if self.command:
            asked |= {"device": str(self.device), "command": str(self.command)}
        return f"{path}?{urlencode({name: value for name, value in asked.items() if value})}"


@blueprint.get("/devices")
@gate.signed_in(PERMISSION)
def page() -> Response:
    """Show the devices."""
    return _page(200)


@blueprint.post("/devices/<uuid:device_id>/blink")
@gate.signed_in(BLINK)
def blink(device_id: UUID) -> AnyResponse:
    """Have a device blink; then show the list again, with its answer as soon as it comes."""
    try:
        command = _source().blink(gate.visitor().token, device_id)
    except (Conflict, NotFound) as refused:
        return _page(refused.status, refused=str(refused))
    choice = replace(_choice(_clinics()), device=device_id, command=UUID(command["id"]))
    return redirect(choice.address("/devices", choice.cursor), 303)


def _page(status: int, **more: Any) -> Response:
    clinics = _clinics()
    choice = _choice(clinics)
    shown = render_template(
        "fleet.html",
        clinics=clinics,
        everywhere=gate.visitor().may(EVERYWHERE),
        choices={key: label for key, (label, _) in fleet.SHOWN.items()},
        here=choice.address("/devices/parts", choice.cursor),
        **_shown(choice),
        **more,
    )
    return make_response(shown, status)


@blueprint.get("/devices/parts")
@gate.signed_in(PERMISSION, in_person=False)
def fragments() -> Response:
    """Show the list again, for the script of the page."""
    return parts.answer(render_template("parts/fleet_list.html", **_shown(_choice(_clinics()))))


def _clinics() -> list[dict[str, Any]]:
    """Return every clinic of the person by name."""
    booking: Booking = current_app.extensions["booking"]
    rows = [dict(row) for row in booking.clinics(gate.visitor().token) if row["active"]]
    return sorted(rows, key=lambda row: str(row["name"]))


def _choice(clinics: list[dict[str, Any]]) -> Choice:
    """Return what is looked at; a clinic's staff begin with their first.  Raises NotFound."""
    clinic = request.args.get("clinic") or None
    shown = request.args.get("show") or next(iter(fleet.SHOWN))
    cursor = request.args.get("cursor") or None
    known = {str(row["id"]) for row in clinics}
    if clinic is None and not gate.visitor().may(EVERYWHERE):
        if not clinics:
            raise NotFound("You belong to no clinic yet. Please ask headquarters.")
        clinic = str(clinics[0]["id"])
    if clinic is not None and clinic not in known:
        raise NotFound("There is no such clinic, or it is not one of yours.")
    if shown not in fleet.SHOWN or len(cursor or "") > _LONGEST:
        raise NotFound("There is no such list.")
    return Choice(clinic, shown, cursor, _id("device"), _id("command"))


def _id(name: str) -> UUID | None:
    """Return an id that the address names; None for what is none: it only tells what was asked."""
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None


def _shown(choice: Choice) -> dict[str, Any]:
    """Return what the list shows."""
    asked = {"clinic_id": choice.clinic, "cursor": choice.cursor}
    wanted = {name: value for name, value in asked.items() if value}
    wanted |= fleet.SHOWN[choice.shown][1]
    try:
        rows, cursor = _source().devices(gate.visitor().token, wanted)
    except Rejected as old:
        raise NotFound("There is no such page of the list. Start again from the first.") from old
    now = clock.now()
    devices = fleet.lines(rows, choice.shown, now)
    answer = _answer(choice)
    waits = answer == fleet.BLINKS["waiting"]
    return {
        "choice": choice,
        "can_blink": gate.visitor().may(BLINK),
        "blink_address": lambda device_id: choice.address(
            f"/devices/{device_id}/blink", choice.cursor
        ),
        "answer": answer,
        "devices": devices,
        "tally": fleet.tally(devices),
        "first": choice.address("/devices", None) if choice.cursor else None,
        "next": choice.address("/devices", cursor) if cursor else None,
        "now": now,
        "next_due": now + (fleet.ANSWER_AGAIN if waits else fleet.AGAIN),
    }


def _answer(choice: Choice) -> Look | None:
    """Return what became of the blinking that somebody asked for."""
    if not choice.device or not choice.command:
        return None
    try:
        said = _source().command(gate.visitor().token, choice.device, choice.command)
    except NotFound:
        return None
    return fleet.BLINKS[said["state"]] if said["command"] == "identify" else None


def _source() -> DeviceTelemetry:
    found: DeviceTelemetry = current_app.extensions["device_telemetry"]
    return found
