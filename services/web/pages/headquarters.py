"""The headquarters page: one live picture of all clinics."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, current_app, make_response, redirect, render_template
from werkzeug.wrappers import Response as AnyResponse

from services.web.clients.headquarters import Headquarters
from services.web.domain import headquarters
from services.web.domain.headquarters import Picture, Row
from services.web.domain.sparks import days_before
from services.web.pages import gate, parts
from shared import clock
from shared.errors import Conflict, NotFound

PERMISSION: Final = "overview:read"
ACKNOWLEDGE: Final = "attention:acknowledge"
MOST_SPARKS: Final = 30
FRAGMENTS: Final = ("numbers", "clinics", "attention", "fleet")

blueprint = Blueprint("headquarters", __name__)


@blueprint.get("/headquarters")
@gate.signed_in(PERMISSION)
def page() -> str:
    """Show everything."""
    return render_template("headquarters.html", picture=_picture())


@blueprint.get("/headquarters/parts")
@gate.signed_in(PERMISSION, in_person=False)
def fragments() -> Response:
    """Show every panel again, for the script of the page."""
    picture = _picture()
    shown = [render_template(f"parts/{name}.html", picture=picture) for name in FRAGMENTS]
    return parts.answer("\n".join(shown))


@blueprint.post("/headquarters/attention/<uuid:item_id>/acknowledge")
@gate.signed_in(ACKNOWLEDGE)
def acknowledge(item_id: UUID) -> AnyResponse:
    """Say that somebody looks after it, and show the page again."""
    try:
        _headquarters().acknowledge(gate.visitor().token, item_id, None)
    except (Conflict, NotFound) as refused:
        shown = render_template("headquarters.html", picture=_picture(), refused=str(refused))
        return make_response(shown, refused.status)
    return redirect("/headquarters", 303)


def _picture() -> Picture:
    token, source = gate.visitor().token, _headquarters()
    clinics = source.clinics(token)
    return headquarters.picture(
        source.overview(token),
        clinics,
        source.attention(token),
        pasts=_pasts(token, clinics),
        can_acknowledge=gate.visitor().may(ACKNOWLEDGE),
        now=clock.now(),
    )


def _pasts(token: str, clinics: Sequence[Row]) -> dict[str, Mapping[str, int]]:
    """Return the last two weeks of the first clinics: one call each, and only now and then."""
    found = {}
    for row in clinics[:MOST_SPARKS]:
        if row["day"]:
            id_, days = str(row["clinic_id"]), days_before(date.fromisoformat(row["day"]))
            found[id_] = _headquarters().past(token, id_, *days)
    return found


def _headquarters() -> Headquarters:
    found: Headquarters = current_app.extensions["headquarters"]
    return found
