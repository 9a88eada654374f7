"""Tickets for live streams: the token stays here, the browser gets what opens one stream once."""

from typing import Any

from flask import Blueprint, current_app, request

from services.web.clients.device_telemetry import LivePens
from services.web.clients.headquarters import Live
from services.web.pages import gate
from shared.schemas.base import Choice, Id, Request

blueprint = Blueprint("live", __name__)


class Wanted(Request):
    """Which stream."""

    stream = Choice(["headquarters", "desk", "pens"], required=True)
    clinic_id = Id()


@blueprint.post("/stream-ticket")
@gate.signed_in(in_person=False)
def ticket() -> dict[str, Any]:
    """Get a ticket with the person's authority; the live process decides whether to give it."""
    wanted = Wanted().load(request.get_json())
    if wanted["stream"] == "pens":
        pens: LivePens = current_app.extensions["live_pens"]
        return pens.ticket(gate.visitor().token, wanted.get("clinic_id"))
    live: Live = current_app.extensions["live"]
    return live.ticket(gate.visitor().token, Wanted().dump(wanted))
