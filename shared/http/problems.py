"""Errors as RFC 9457 problems: one shape for every refusal, and never the inside of the machine."""

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg2
from flask import Response, current_app, request
from marshmallow import INCLUDE, Schema, ValidationError, fields
from psycopg2 import errors as pg
from werkzeug.exceptions import HTTPException

from shared import trace
from shared.errors import Conflict, DomainError, NotFound, Rejected, Unavailable

PREFIX = "https://needlepoint.dev/problems/"  # types are stable for ever: never change this
MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_S = {429: 5, 503: 2}
_MIXED_UP = frozenset({"Content-Type", "Content-Length"})

# What is refused before a rule could: status -> type, title, sentence.
STANDARD: dict[int, tuple[str, str, str]] = {
    400: ("bad-request", "The request cannot be understood", "The request is malformed."),
    401: ("not-signed-in", "Please sign in", "Sign in and try again."),
    403: ("not-allowed", "Your role does not allow this", "Your role does not allow this."),
    404: ("not-found", "Not found", "There is nothing here."),
    405: ("method-not-allowed", "This cannot be done here", "See the Allow header."),
    406: ("not-acceptable", "No such representation", "We answer in JSON."),
    413: ("too-large", "Too much at once", "The request is larger than we accept."),
    414: ("address-too-long", "The address is too long", "The address is too long."),
    415: ("not-json", "Unknown kind of content", "Send application/json in UTF-8."),
    422: ("invalid", "Some fields are not right", "See the errors for each field."),
    428: ("precondition-required", "Say which version you saw", "Send the ETag as If-Match."),
    431: ("headers-too-large", "Headers are too large", "The headers are too large."),
}


class Problem(Schema):
    """What a refusal looks like; only for the documentation."""

    class Meta:
        """Refusals carry facts for programs too, such as `not_before` or `retry_after_s`."""

        unknown = INCLUDE

    type = fields.URL(
        required=True, metadata={"description": "Stable; programs branch on it", "format": "uri"}
    )
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(metadata={"description": "A sentence for the person at the desk"})
    instance = fields.String()
    trace_id = fields.String(metadata={"description": "Quote it to support"})
    errors = fields.List(
        fields.Dict(keys=fields.String(), values=fields.String()),
        metadata={"description": "One entry a field: pointer or parameter, and detail"},
    )


def answer(  # the members of a problem are what they are
    status: int, kind: str, title: str, detail: str, **members: Any
) -> Response:
    """Return a problem as a response.  `members` may hold retry_after_s, sent as a header too."""
    problem = {
        "type": PREFIX + kind,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "trace_id": trace.trace_id(),
        **members,
    }
    response = Response(current_app.json.dumps(problem), status, mimetype=MEDIA_TYPE)
    wait = members.get("retry_after_s", _RETRY_AFTER_S.get(status))
    if wait is not None:
        response.headers["Retry-After"] = str(max(1, int(wait)))
    if status == 401:  # noqa: PLR2004 # RFC 9110 asks for the challenge
        response.headers["WWW-Authenticate"] = 'Bearer realm="needlepoint"'
    return response


def from_domain(error: DomainError) -> Response:
    """Answer a rule's no."""
    return answer(error.status, error.type, error.title, str(error), **error.members)


def from_schema(error: ValidationError) -> Response:
    """Answer what a schema refuses outside @arguments: messages of the body, or by location."""
    kind, title, detail = STANDARD[422]
    told: Any = error.messages
    by_location = isinstance(told, dict) and set(told) <= {"query", "json"}
    errors = list(field_errors(told if by_location else {"json": told}))
    return answer(422, kind, title, detail, errors=errors)


def from_http(error: HTTPException) -> Response:
    """Answer what Flask or webargs refused; its headers, such as Allow, stay."""
    status = error.code or 500
    if status < 400:  # noqa: PLR2004 # a redirect is no refusal
        return current_app.make_response(error.get_response())
    if status >= 500:  # noqa: PLR2004 # our fault: say nothing of the inside
        return from_fault(error)
    usual = ("refused", error.name, "The request is refused.")
    kind, title, detail = STANDARD.get(status, usual)
    data = getattr(error, "data", None) or {}
    members = {"errors": list(field_errors(data["messages"]))} if "messages" in data else {}
    response = answer(status, kind, title, detail, **members)
    _keep_headers(response, error)
    return response


def _keep_headers(response: Response, error: HTTPException) -> None:
    for name, value in error.get_headers():
        if name not in _MIXED_UP:
            response.headers[name] = value


def from_database(error: psycopg2.Error) -> Response:
    """Answer what only the database noticed.  The net below the rules: sentences are general."""
    if isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError)):
        return from_domain(
            Unavailable("The clinic's system is busy. Please try again.", retry_after_s=2)
        )
    if isinstance(error, (pg.UniqueViolation, pg.ExclusionViolation)):
        return from_domain(Conflict("Somebody else was first, or this exists already."))
    if isinstance(error, (psycopg2.IntegrityError, psycopg2.DataError)):
        return from_domain(Rejected("Something in this request does not fit our records."))
    if isinstance(error, pg.InsufficientPrivilege) and "row-level security" in str(error):
        return from_domain(NotFound("There is nothing here."))
    return from_fault(error)


def from_value(error: ValueError) -> Response | None:
    """Answer text that reached the driver and that no row can hold; None for other errors."""
    if isinstance(error, UnicodeEncodeError) or "NUL (0x00)" in str(error):
        return from_domain(Rejected("Something in this request is not text."))
    return None


def from_fault(_error: Exception) -> Response:
    """Answer a fault of ours.  What happened is in the log under the same trace id."""
    sentence = "Something went wrong on our side. Nothing was changed. Please tell support."
    return answer(500, "internal", "Our mistake", sentence)


def field_errors(messages: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield one entry a field from webargs' {location: {field: [sentence]}}."""
    for location, inner in messages.items():
        for path, sentence in _leaves(inner, ()):
            if location == "json":
                pointer = "#" + "".join(f"/{_escaped(part)}" for part in path if part != "_schema")
                yield {"pointer": pointer, "detail": sentence}
            else:
                yield {"parameter": ".".join(path), "detail": sentence}


def _leaves(messages: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            yield from _leaves(inner, (*path, str(name)))
    elif isinstance(messages, (list, tuple)):
        for inner in messages:
            yield from _leaves(inner, path)
    else:
        yield path, str(messages)


def _escaped(part: str) -> str:
    """Escape a name for a JSON pointer (RFC 6901)."""
    return part.replace("~", "~0").replace("/", "~1")
