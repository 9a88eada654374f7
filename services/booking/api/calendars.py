"""HTTP edge for diaries' addresses, and for the calendar programs that read them."""

import secrets
from typing import Any
from uuid import UUID

from flask import Response, request

from services.booking.api import feeds
from services.booking.usecases import calendars
from shared import clock, db, ids
from shared.http import etags, guard, pages
from shared.http.blueprints import Blueprint
from shared.http.guard import public, requires
from shared.http.idempotency import idempotent
from shared.http.transactions import transaction
from shared.pace import Pace
from shared.schemas.calendars import CalendarShown, CalendarView, NewCalendar

blueprint = Blueprint("calendars", __name__, url_prefix="/v1")
PACE = Pace(most=20)  # times a minute that one diary is written: a full one takes a second and more


@blueprint.route("/clinics/<uuid:clinic_id>/calendars", methods=["GET"])
@requires("calendars:write")
@blueprint.arguments(pages.PageArgs, location="query")
@blueprint.response(200, pages.listing(CalendarView))
def page(query: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """List the clinic's calendar addresses, oldest first; their secrets are shown once only."""
    wanted = pages.Page.of(query)
    with transaction() as tx:
        rows = calendars.page(tx, clinic_id, wanted.binds("after_id"))
    return pages.answer(rows, wanted)


@blueprint.route("/clinics/<uuid:clinic_id>/calendars", methods=["POST"])
@requires("calendars:write")
@idempotent
@blueprint.arguments(NewCalendar)
@blueprint.response(201, CalendarShown)
def give(asked: dict[str, Any], clinic_id: UUID) -> dict[str, Any]:
    """Give a calendar an address for phones and mail programs; it is shown in this answer only.

    Whoever knows the address sees when, where and with whom the clinic works, never for which
    client or treatment.  A practitioner's is made by that practitioner or a manager.
    """
    actor, token = guard.actor(), secrets.token_urlsafe(32)
    wanted = {**asked, "id": ids.new(), "clinic_id": clinic_id}
    made = {"created_by": actor.id, "created_at": clock.now()}
    with transaction() as tx:
        return _shown(calendars.give(tx, wanted | made, token, actor.roles), token)


@blueprint.route("/clinics/<uuid:clinic_id>/calendars/<uuid:calendar_id>/rotate", methods=["POST"])
@requires("calendars:write")
@idempotent
@blueprint.response(200, CalendarShown)
def rotate(clinic_id: UUID, calendar_id: UUID) -> dict[str, Any]:
    """Replace a calendar's address: the old one ends at once."""
    actor, token = guard.actor(), secrets.token_urlsafe(32)
    with transaction() as tx:
        current = calendars.find(tx, clinic_id, calendar_id)
        renewed = calendars.renew(tx, current, token, by=actor.id, roles=actor.roles)
    return _shown(renewed, token)


@blueprint.route("/clinics/<uuid:clinic_id>/calendars/<uuid:calendar_id>", methods=["DELETE"])
@requires("calendars:write")
@blueprint.response(204)
def revoke(clinic_id: UUID, calendar_id: UUID) -> None:
    """End a calendar's address at once."""
    actor = guard.actor()
    with transaction() as tx:
        current = calendars.find(tx, clinic_id, calendar_id)
        calendars.revoke(tx, current, by=actor.id, roles=actor.roles, now=clock.now())


@blueprint.route("/calendars/<token>.ics", methods=["GET"])
@public("calendar programs cannot sign in: the address holds a secret")
@blueprint.response(200, content_type=feeds.MEDIA_TYPE, description="iCalendar (RFC 5545)")
def read(token: str) -> Response:
    """Read a calendar: 30 days back and 180 ahead, at most 3,000 appointments, no names of clients.

    Appointments that were given up show as CANCELLED for 30 days.  Ask with `If-None-Match`.
    """
    with transaction(db.EVERY_CLINIC) as tx:
        diary = calendars.read(tx, token, clock.now())
    tag = feeds.tag(diary)
    known = request.if_none_match.contains_weak(tag)
    if not known:
        PACE.step(token)
    response = Response(b"" if known else feeds.text(diary), content_type=feeds.MEDIA_TYPE)
    response.headers["Cache-Control"] = "private, max-age=300"
    etags.set(tag)
    return response


def _shown(calendar: dict[str, Any], token: str) -> dict[str, Any]:
    return {**calendar, "token": token, "path": f"/v1/calendars/{token}.ics"}
