"""A refusal, as a page: what happened, what to do, and the number to quote."""

import json
from typing import Final
from urllib.parse import quote

from flask import Flask, Response, g, redirect, render_template, request
from flask.globals import request_ctx

from services.web.pages import gate
from services.web.usecases import sessions
from shared import trace
from shared.http import problems
from shared.http.transactions import transaction

ICONS: Final = {401: "log-in", 403: "shield-x", 404: "search-x", 503: "unplug"}
_KEPT = ("Retry-After", "Allow")


def install(app: Flask) -> None:
    """Show problems to people as pages."""

    @app.after_request
    def as_page(response: Response) -> Response:
        # Without an adapter no address can be made: the Host was none of ours, and gets no page.
        if response.mimetype != problems.MEDIA_TYPE or not _can_link():
            return response
        answer = _page(response)
        if response.status_code == 401:  # noqa: PLR2004 # sign in, and come back
            if wants_page():
                answer = _to_sign_in()
            _forget_session(answer)
        return answer


def _can_link() -> bool:
    """Say whether this request lets us write addresses: not when its Host was refused."""
    return request_ctx.url_adapter is not None


def wants_page() -> bool:
    """Say whether a person waits for this, not a script of a page."""
    return request.headers.get("X-Parts") is None and request.path != "/stream-ticket"


def _forget_session(answer: Response) -> None:
    """End the session of somebody whom a service no longer knows: their rights have changed."""
    who = g.get("visitor")
    if who is not None:
        with transaction() as tx:
            sessions.end(tx, who.cookie)
        gate.set_cookie(answer, None)


def _to_sign_in() -> Response:
    here = request.full_path.rstrip("?") if request.method == "GET" else ""
    wanted = f"?next={quote(here, safe='/')}" if here not in {"", "/"} else ""
    return redirect(f"/sign-in{wanted}", 303)  # type: ignore[return-value] # Flask's class


def _page(response: Response) -> Response:
    problem = json.loads(response.get_data())  # ours; the address in it may hold what we refuse
    status = response.status_code
    shown = render_template(
        "error.html",
        status=status,
        title=problem["title"],
        detail=problem["detail"],
        icon_name=ICONS.get(status, "triangle-alert"),
        again=status in {429, 500, 503} and request.method == "GET",
        request_id=g.get("request_id", ""),
        trace_id=trace.trace_id(),
    )
    answer = Response(shown, status, mimetype="text/html")
    for name in _KEPT:
        if name in response.headers:
            answer.headers[name] = response.headers[name]
    return answer
