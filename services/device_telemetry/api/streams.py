"""HTTP edge for live streams of pens: a ticket, and server-sent events."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Response, current_app

from services.device_telemetry.domain.live import PERMISSION, View
from services.device_telemetry.usecases import live
from services.device_telemetry.usecases.live import Hub
from shared import clock, db
from shared.http import guard, streams
from shared.http.blueprints import Blueprint
from shared.http.guard import public, requires
from shared.http.transactions import open_pool_once, transaction
from shared.schemas.live import NewPensTicket, PensQuery
from shared.schemas.streams import TicketView
from shared.streams import TICKET_LIVES, Message

blueprint = Blueprint("streams", __name__, description="What pens do now, as server-sent events")


@blueprint.route("/tickets", methods=["POST"])
@requires(PERMISSION)
@blueprint.arguments(NewPensTicket)
@blueprint.response(201, TicketView)
def ticket(wanted: dict[str, Any]) -> dict[str, Any]:
    """Give a ticket that opens one stream once, within a minute, without further credentials."""
    if wanted["clinic_id"] is not None:
        guard.reach(wanted["clinic_id"])
    with transaction() as tx:
        if wanted["clinic_id"] is not None:
            view = View(wanted["clinic_id"], None)
        else:
            view = live.view_of_device(tx, wanted["device_id"])
        made = live.new_ticket(tx, view, staff_id=guard.actor().id, now=clock.now())
    return {"ticket": made, "expires_in": int(TICKET_LIVES.total_seconds())}


@blueprint.route("/live/devices/<uuid:device_id>")
@public(streams.WHY_OPEN)
@blueprint.arguments(PensQuery, location="query")
def device(query: dict[str, Any], device_id: UUID) -> Response:
    """Follow one pen: its last reading against the limit of its zone, its session and alarms."""
    return _opened(query, clinic_id=None, device_id=device_id)


@blueprint.route("/live/clinics/<uuid:clinic_id>/devices")
@public(streams.WHY_OPEN)
@blueprint.arguments(PensQuery, location="query")
def clinic(query: dict[str, Any], clinic_id: UUID) -> Response:
    """Follow all pens of a clinic."""
    return _opened(query, clinic_id=clinic_id, device_id=None)


def _opened(query: dict[str, Any], *, clinic_id: UUID | None, device_id: UUID | None) -> Response:
    """Check who looks on, then stream.  Raises Unauthenticated, Forbidden, NotFound or TooMany."""
    open_pool_once()
    if query["ticket"] is not None:
        with db.transaction() as tx:
            view, reader = live.use_ticket(
                tx, query["ticket"], clock.now(), clinic_id=clinic_id, device_id=device_id
            )
    else:
        reader = streams.by_token(PERMISSION, clinic_id)
        view = _view(clinic_id, device_id)
    hub: Hub = current_app.extensions[streams.HUB]
    hub.require_room(reader)
    return streams.answer(_events(hub, view, reader))


def _view(clinic_id: UUID | None, device_id: UUID | None) -> View:
    if clinic_id is not None:
        return View(clinic_id, None)
    if device_id is None:
        raise ValueError("A stream shows a clinic or a device.")
    with transaction() as tx:
        return live.view_of_device(tx, device_id)


def _events(hub: Hub, view: View, reader: UUID) -> Iterator[bytes]:
    """Yield the stream: everything once, then what changed, with ticks and pings.

    A reader who was away begins anew: only the newest word on a pen is worth anything.
    """
    with hub.seat(view, reader) as seat:
        yield streams.RETRY
        yield _beginning(view).framed()
        pulse, reached = streams.Pulse(hub), 0
        while pulse.goes_on():
            messages, reached, lost = seat.take(pulse.wait_s())
            if lost:
                messages = [_beginning(view)]
            for message in messages:
                yield message.framed()
            yield from pulse.due(reached)
        yield pulse.end(reached)


def _beginning(view: View) -> Message:
    with db.transaction(db.Scope.of([view.clinic_id])) as tx:
        return live.snapshot(tx, view, clock.now())
