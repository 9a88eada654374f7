"""flask-smorest's blueprint with its gaps closed: strict JSON, strict queries, 415, honest docs."""

from collections.abc import Callable
from typing import Any

import flask_smorest
import marshmallow
from flask import Request
from webargs import core
from webargs.flaskparser import FlaskParser, abort, is_json_request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import UnsupportedMediaType

from shared.http import json
from shared.schemas.base import QueryText

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes a repeat safe: the same key and request within 24 hours gives the first "
    "answer again, with `Idempotency-Replayed: true`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of what you saw; 428 without it, 412 when somebody changed it.",
    "schema": {"type": "string"},
}


class Parser(FlaskParser):  # type: ignore[misc] # webargs carries no types
    """Reads bodies by our JSON rules, and refuses unknown query parameters."""

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {
        "query": marshmallow.RAISE,
        "querystring": marshmallow.RAISE,
        "form": marshmallow.RAISE,
    }

    def _raw_load_json(self, req: Request) -> Any:
        if not is_json_request(req):
            if req.mimetype or req.content_length or "Transfer-Encoding" in req.headers:
                raise UnsupportedMediaType
            return core.missing
        body = req.get_data(cache=True)
        return json.loads(body) if body else core.missing

    def load_querystring(self, req: Request, schema: marshmallow.Schema) -> Any:
        """Return the query; its texts may stand for numbers.  Given twice is refused."""
        texts: MultiDict[str, str] = MultiDict(
            (name, QueryText(text)) for name, text in req.args.items(multi=True)
        )
        proxy = self._makeproxy(texts, schema)
        twice = [name for name in texts if len(texts.getlist(name)) > 1]
        if wrong := [name for name in twice if name not in proxy.multiple_keys]:
            raise marshmallow.ValidationError({name: ["Given twice."] for name in wrong})
        return proxy

    def handle_error(self, error: marshmallow.ValidationError, *_args: Any, **_kwargs: Any) -> Any:
        """Answer 422 with one entry a field."""
        abort(422, exc=error, messages=error.messages)


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc] # as above
    """A noun's routes."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As Flask's; `description` goes to the OpenAPI page."""
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(_document_guard)
        self._prepare_doc_cbks.append(_document_headers)

    def arguments(self, schema: Any, **options: Any) -> Any:
        """As flask-smorest's, with one schema for all requests instead of one for each."""
        made = schema() if isinstance(schema, type) else schema
        return super().arguments(made, **options)


def body_limit(most_bytes: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let one route take bodies of up to `most_bytes`.  Stands under @requires."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        view.body_limit = most_bytes  # type: ignore[attr-defined]
        return view

    return decorate


def _document_guard(doc: dict[str, Any], info: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """Say in OpenAPI who may ask."""
    guard = info.get("guard")
    if guard and "permission" in guard:
        doc["security"] = [{"bearer": []}]
        doc["x-permission"] = guard["permission"]
        responses = doc.setdefault("responses", {})
        responses.setdefault(401, "UNAUTHORIZED")
        responses.setdefault(403, "FORBIDDEN")
    else:
        doc["security"] = []
    return doc


def _document_headers(doc: dict[str, Any], info: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """Say in OpenAPI which headers make a request safe to repeat, and safe to overwrite."""
    if info.get("idempotent"):
        doc.setdefault("parameters", []).append(dict(_IDEMPOTENCY_KEY))
    if info.get("if_match"):
        doc.setdefault("parameters", []).append(dict(_IF_MATCH))
        responses = doc.setdefault("responses", {})
        responses.setdefault(412, "PRECONDITION_FAILED")
        responses.setdefault(428, "PRECONDITION_REQUIRED")
    return doc
