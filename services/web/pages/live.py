"""Tickets for live streams: the token stays here, the browser gets what opens one stream once."""

from typing import Any

from flask import Blueprint, current_app, request

from services.web.clients.headquarters import Live
from services.web.pages import gate
from shared.schemas.base import Choice, Id, Request

blueprint = Blueprint("live", __name__)


class Wanted(Request):
    """Which stream."""

    stream = Choice(["headquarters", "desk"], required=True)
    clinic_id = Id()


@blueprint.post("/stream-ticket")
@gate.signed_in(in_person=False)
def ticket() -> dict[str, Any]:
    """Get a ticket with the person's authority; headquarters-live decides whether to give it."""
    wanted = Wanted().load(request.get_json())
    live: Live = current_app.extensions["live"]
    return live.ticket(gate.visitor().token, Wanted().dump(wanted))
