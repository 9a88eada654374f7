"""A client's page: one appointment and one thing to do, by a signed link, without signing in.

Looking never changes anything, for mail programs open every link before people do.
"""

from datetime import timedelta
from typing import Any, Final

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

from services.web.clients.links import Links
from services.web.domain import visits, words
from services.web.domain.visits import Visit
from shared import clock
from shared.errors import Conflict, DomainError, NotFound, Rejected, TooMany, Unavailable
from shared.http.guard import public

PREFIX: Final = "/visit/"
WHY: Final = "the signed link is the credential; booking verifies it"
LATER: Final = (TooMany, Unavailable)

blueprint = Blueprint("visit", __name__)


@blueprint.get("/visit/<string:token>")
@public(WHY)
def page(token: str) -> Response:
    """Show the appointment, and the one thing that this link is for."""
    try:
        return _page(token, _visit(token))
    except (NotFound, Conflict, *LATER) as refused:
        return _over(refused)


@blueprint.post("/visit/<string:token>/<string:verb>")
@public(WHY)
def take(token: str, verb: str) -> AnyResponse:
    """Confirm, move or cancel; then show what is so now.  Sent twice, it changes nothing."""
    if verb not in visits.VERBS:
        raise NotFound("There is nothing here.")
    try:
        _require_shape(token)
        row = _links().take(token, verb, _asked(verb))
    except LATER as busy:
        return _over(busy)
    except (NotFound, Conflict, Rejected) as refused:
        return _refused(token, refused)
    return redirect(f"{PREFIX}{row['token']}?done={verb}", 303)


def _asked(verb: str) -> dict[str, Any]:
    """Return what the form says, as booking wants it."""
    if verb == "move":
        return {"starts_at": request.form.get("starts_at", "")}
    return visits.accepted(request.form) if verb == "cancel" else {}


def _refused(token: str, refused: DomainError) -> Response:
    """Show the page again with the reason, or only the reason where the link itself is over."""
    try:
        return _page(token, _visit(token), refused=refused)
    except (NotFound, Conflict, *LATER) as over:
        return _over(over)


def _visit(token: str) -> Visit:
    _require_shape(token)
    return Visit(_links().show(token))


def _require_shape(token: str) -> None:
    """Raise NotFound for what cannot be a link; booking need not be asked."""
    if not visits.could_be(token):
        raise NotFound("This link does not work. Is a part of it missing?")


def _page(token: str, visit: Visit, refused: DomainError | None = None) -> Response:
    moved = request.args.get("done") == "move"
    kept = "keep" in request.args
    title, lead = visit.heading(moved=moved, kept=kept)
    shown = render_template(
        "visit.html",
        token=token,
        visit=visit,
        title=title,
        lead=lead,
        refused=str(refused) if refused else None,
        kept=kept,
        choose=_choose(token, visit, moved=moved and refused is None),
    )
    return make_response(shown, refused.status if refused else 200)


def _choose(token: str, visit: Visit, *, moved: bool) -> dict[str, Any] | None:
    """Return the free times of a week, or the one that was chosen; None where nothing is moved."""
    if visit.purpose != "move" or not visit.row["may"] or moved:
        return None
    to = visits.chosen(request.args.get("to", ""), visit.zone)
    today = clock.now().astimezone(visit.zone).date()
    first = visits.first_day(request.args.get("from", ""), today)
    if to is not None:
        return {"to": to, "first": first, "iso": words.iso(to)}
    rows = _links().times(token, first, first + visits.WEEK - timedelta(days=1))
    return {
        "to": None,
        "first": first,
        "last": first + visits.WEEK - timedelta(days=1),
        "before": max(today, first - visits.WEEK) if first > today else None,
        "after": first + visits.WEEK if first < today + visits.FURTHEST else None,
        "days": visits.by_day(rows, visit.zone),
    }


def _over(refused: DomainError) -> Response:
    """Say that the link leads no further, and what to do."""
    again = isinstance(refused, LATER)
    shown = render_template("visit_over.html", said=str(refused), again=again)
    response = make_response(shown, refused.status)
    if wait := refused.members.get("retry_after_s"):
        response.headers["Retry-After"] = str(wait)
    return response


def _links() -> Links:
    found: Links = current_app.extensions["links"]
    return found
