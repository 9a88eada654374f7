"""HTTP edge for live streams: a ticket, and server-sent events."""

import re
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Response, current_app, request

from services.headquarters.domain.streams import (
    DESK,
    HEADQUARTERS,
    TICKET_LIVES,
    Message,
    View,
    frame,
)
from services.headquarters.usecases import watching
from services.headquarters.usecases.broadcasting import Hub, Seat
from shared import clock, db
from shared.errors import Forbidden
from shared.http import guard
from shared.http.blueprints import Blueprint
from shared.http.guard import public, requires
from shared.http.transactions import open_pool_once, transaction
from shared.schemas.streams import DeskQuery, HeadquartersQuery, NewTicket, TicketView

blueprint = Blueprint("streams", __name__, description="What happens now, as server-sent events")
HUB = "needlepoint-hub"
TICK_S = 5.0
PING_S = 15.0
_POSITION = re.compile("[0-9]{1,18}")
LONGEST_S = 600.0  # as long as an access token lives; then the reader shows again who they are
WAIT_S = 1.0  # how long a stopping process may go unnoticed
RETRY = b"retry: 2000\n\n"
PING = b": ping\n\n"
HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}


@blueprint.route("/tickets", methods=["POST"])
@requires("me:read")
@blueprint.arguments(NewTicket)
@blueprint.response(201, TicketView)
def ticket(wanted: dict[str, Any]) -> dict[str, Any]:
    """Give a ticket that opens one stream once, within a minute, without further credentials."""
    view = View(wanted["stream"], wanted["clinic_id"])
    _may_look_on(view)
    with transaction() as tx:
        made = watching.new_ticket(tx, view, staff_id=guard.actor().id, now=clock.now())
    return {"ticket": made, "expires_in": int(TICKET_LIVES.total_seconds())}


@blueprint.route("/live/headquarters")
@public("a ticket or an access token is asked for inside: EventSource can send no header")
@blueprint.arguments(HeadquartersQuery, location="query")
def headquarters(query: dict[str, Any]) -> Response:
    """Follow all clinics: the numbers, rows, alarms and what needs attention."""
    return _opened(View(HEADQUARTERS, None), query)


@blueprint.route("/live/desk")
@public("a ticket or an access token is asked for inside: EventSource can send no header")
@blueprint.arguments(DeskQuery, location="query")
def desk(query: dict[str, Any]) -> Response:
    """Follow one clinic: its appointments and alarms."""
    return _opened(View(DESK, query["clinic_id"]), query)


def _opened(view: View, query: dict[str, Any]) -> Response:
    """Check who looks on, then stream.  Raises Unauthenticated, Forbidden, NotFound or TooMany."""
    open_pool_once()
    if query["ticket"] is None:
        _by_token(view)
        reader = guard.actor().id
    else:
        with db.transaction() as tx:
            reader = watching.use_ticket(tx, query["ticket"], view, clock.now())
    after = _position(request.headers.get("Last-Event-ID") or query["last_event_id"])
    hub: Hub = current_app.extensions[HUB]
    hub.require_room(reader)
    response = Response(_events(hub, view, reader, after), mimetype="text/event-stream")
    response.headers.update(HEADERS)
    return response


def _position(last_event_id: str | None) -> int | None:
    """Read the id of the last event that the reader saw; None for none, or none of ours."""
    text = last_event_id or ""
    return int(text) if _POSITION.fullmatch(text) else None


def _by_token(view: View) -> None:
    @requires("me:read")
    def enter() -> None:
        _may_look_on(view)

    enter()


def _may_look_on(view: View) -> None:
    who, needed = guard.actor(), watching.permission(view.stream)
    if not who.may(needed):
        raise Forbidden("Your role does not allow this.", permission=needed)
    if view.clinic_id is not None:
        guard.reach(view.clinic_id)


def _events(hub: Hub, view: View, reader: UUID, after: int | None) -> Iterator[bytes]:
    """Yield the stream: what was missed or a snapshot, then what comes, with ticks and pings."""
    with hub.seat(view, reader) as seat:
        yield RETRY
        messages, position = _beginning(view, after)
        for message in messages:
            yield message.framed()
        yield from _following(hub, seat, position)


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


def _following(hub: Hub, seat: Seat, position: int) -> Iterator[bytes]:
    """Yield what comes after `position`, until the reader is to come back."""
    started = ticked = pinged = time.monotonic()
    while (now := time.monotonic()) - started < LONGEST_S and not hub.stopping:
        messages, reached, lost = seat.take(min(WAIT_S, max(0.0, ticked + TICK_S - now)))
        if seat.waiting.overrun:
            return
        for message in messages:
            if message.position > position or message.event == "overview":
                yield message.framed()
        position = max(position, reached)
        if lost:
            messages, position = _beginning(seat.waiting.view, None)
            yield messages[0].framed()
        now = time.monotonic()
        if now - ticked >= TICK_S:
            yield frame("tick", f'{{"at":"{clock.now().isoformat()}"}}', position)
            ticked = now
        if now - pinged >= PING_S:
            yield PING
            pinged = now
    why = "stopping" if hub.stopping else "renew"
    yield frame("end", f'{{"reason":"{why}"}}', position)
