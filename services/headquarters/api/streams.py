"""HTTP edge for live streams: a ticket, and server-sent events."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Response, current_app, request

from services.headquarters.domain.streams import DESK, HEADQUARTERS, View
from services.headquarters.usecases import watching
from services.headquarters.usecases.broadcasting import Hub
from shared import clock, db
from shared.http import guard, streams
from shared.http.blueprints import Blueprint
from shared.http.guard import public, requires
from shared.http.transactions import open_pool_once, transaction
from shared.schemas.streams import DeskQuery, HeadquartersQuery, NewTicket, TicketView
from shared.streams import TICKET_LIVES, Message, Seat

blueprint = Blueprint("streams", __name__, description="What happens now, as server-sent events")


@blueprint.route("/tickets", methods=["POST"])
@requires("me:read")
@blueprint.arguments(NewTicket)
@blueprint.response(201, TicketView)
def ticket(wanted: dict[str, Any]) -> dict[str, Any]:
    """Give a ticket that opens one stream once, within a minute, without further credentials."""
    view = View(wanted["stream"], wanted["clinic_id"])
    streams.may_look_on(view.permission, view.clinic_id)
    with transaction() as tx:
        made = watching.new_ticket(tx, view, staff_id=guard.actor().id, now=clock.now())
    return {"ticket": made, "expires_in": int(TICKET_LIVES.total_seconds())}


@blueprint.route("/live/headquarters")
@public(streams.WHY_OPEN)
@blueprint.arguments(HeadquartersQuery, location="query")
def headquarters(query: dict[str, Any]) -> Response:
    """Follow all clinics: the numbers, rows, alarms and what needs attention."""
    return _opened(View(HEADQUARTERS, None), query)


@blueprint.route("/live/desk")
@public(streams.WHY_OPEN)
@blueprint.arguments(DeskQuery, location="query")
def desk(query: dict[str, Any]) -> Response:
    """Follow one clinic: its appointments and alarms."""
    return _opened(View(DESK, query["clinic_id"]), query)


def _opened(view: View, query: dict[str, Any]) -> Response:
    """Check who looks on, then stream.  Raises Unauthenticated, Forbidden, NotFound or TooMany."""
    open_pool_once()
    if query["ticket"] is None:
        reader = streams.by_token(view.permission, view.clinic_id)
    else:
        with db.transaction() as tx:
            reader = watching.use_ticket(tx, query["ticket"], view, clock.now())
    after = streams.position(request.headers.get("Last-Event-ID") or query["last_event_id"])
    hub: Hub = current_app.extensions[streams.HUB]
    hub.require_room(reader)
    return streams.answer(_events(hub, view, reader, after))


def _events(hub: Hub, view: View, reader: UUID, after: int | None) -> Iterator[bytes]:
    """Yield the stream: what was missed or a snapshot, then what comes, with ticks and pings."""
    with hub.seat(view, reader) as seat:
        yield streams.RETRY
        messages, position = _beginning(view, after)
        for message in messages:
            yield message.framed()
        yield from _following(hub, view, seat, position)


def _beginning(view: View, after: int | None) -> tuple[list[Message], int]:
    """Return what brings the reader up to date, and up to which position."""
    now = clock.now()
    with db.transaction(db.EVERY_CLINIC) as tx:
        found = None if after is None else watching.missed(tx, view, after, now)
        if after is None or found is None:
            whole = watching.snapshot(tx, view, now)
            return [whole], whole.position
        position = max([after, *(message.position for message in found)])
        if view.stream == HEADQUARTERS:
            found.append(watching.numbers(tx, position, now))
        return found, position


def _following(hub: Hub, view: View, seat: Seat, position: int) -> Iterator[bytes]:
    """Yield what comes after `position`, until the reader is to come back."""
    pulse = streams.Pulse(hub)
    while pulse.goes_on():
        messages, reached, lost = seat.take(pulse.wait_s())
        if seat.waiting.overrun:
            return
        for message in messages:
            if message.position > position or message.event == "overview":
                yield message.framed()
        position = max(position, reached)
        if lost:
            messages, position = _beginning(view, None)
            yield messages[0].framed()
        yield from pulse.due(position)
    yield pulse.end(position)
