"""What every answer carries, and what every request must not."""

import re

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from shared import ids, settings, trace
from shared.http import etags

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
HSTS = "max-age=31536000; includeSubDomains"
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def install(app: Flask) -> None:
    """Give `app` its limits at the door and its headers at the way out."""
    hsts = settings.environment() == "production"
    app.before_request(_begin)
    app.before_request(_limit)

    @app.after_request
    def finish(response: Response) -> Response:
        etags.finish(response)
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
        if hsts:
            response.headers.setdefault("Strict-Transport-Security", HSTS)
        response.headers["X-Request-ID"] = g.get("request_id", "")
        if own := trace.current():
            response.headers["traceparent"] = own
        return response


def _begin() -> None:
    """Join the caller's trace and keep the caller's request id, if they are well made."""
    asked = request.headers.get("X-Request-ID", "")
    g.request_id = asked if _REQUEST_ID.fullmatch(asked) else str(ids.new())
    trace.begin(request.headers.get("traceparent"))


def _limit() -> None:
    """Refuse a body over the route's limit, and addresses that hold no text."""
    view = request.url_rule and _view()
    limit: int | None = getattr(view, "body_limit", None)
    if limit is not None:
        request.max_content_length = limit
    most = request.max_content_length
    if most is not None and (request.content_length or 0) > most:
        raise RequestEntityTooLarge
    if _NOT_TEXT.search(request.path):
        raise NotFound


def _view() -> object:
    return current_app.view_functions.get(request.endpoint or "")
