"""JSON in, without its traps; JSON out, with our times.

Refused with 400: nesting over 32, a key twice, NaN and infinities, numbers of over 100 digits,
bytes that are not UTF-8.  Refused with 422: NUL and lone surrogates, which PostgreSQL and UTF-8
cannot hold.
"""

import json
import math
import re
from datetime import UTC, datetime
from typing import Any

import orjson
from flask import Response
from flask.json.provider import DefaultJSONProvider
from marshmallow import ValidationError

from shared.errors import DomainError

MAX_DEPTH = 32
MAX_DIGITS = 100
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


class Malformed(DomainError):
    """The body is not the JSON that we read."""

    type = "malformed-json"
    title = "The request is not proper JSON"


def loads(raw: bytes | str) -> Any:
    """Return what `raw` says.  Raises Malformed; ValidationError for what is no text."""
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        value = _DECODER.decode(text)
    except RecursionError as deep:
        raise Malformed("The JSON is nested too deeply.") from deep
    except ValueError as wrong:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise Malformed("The body is not proper JSON in UTF-8.") from wrong
    if isinstance(value, (dict, list)) and text.count("[") + text.count("{") > MAX_DEPTH:
        _refuse_depth(value)
    if "\\u" in text and _holds_no_text(value):
        raise ValidationError("Contains characters that are not text.")
    return value


class Provider(DefaultJSONProvider):
    """Flask's JSON, as strict as ours, with moments in RFC 3339; orjson writes it."""

    sort_keys = False

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        """Read a body."""
        return loads(s)

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Write an answer, or a value into a page."""
        return super().dumps(obj, **kwargs) if kwargs else self._written(obj).decode()

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Make an answer of what is given, as Flask's jsonify() takes it."""
        body = self._written(self._prepare_response_obj(args, kwargs))
        return Response(body, mimetype=self.mimetype)

    def _written(self, value: Any) -> bytes:
        try:
            return orjson.dumps(value, self.default, orjson.OPT_PASSTHROUGH_DATETIME)
        except TypeError:  # a number over 64 bits, a lone surrogate, or a key that is no text
            return super().dumps(value, separators=(",", ":")).encode()

    @staticmethod
    def default(value: Any) -> Any:
        """Write what the libraries cannot."""
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return DefaultJSONProvider.default(value)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("A name occurs twice in one object.")
    return found


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise Malformed("A number has too many digits.")
    return int(digits)


def _real(digits: str) -> float:
    number = float(digits) if len(digits) <= MAX_DIGITS else math.inf
    if not math.isfinite(number):
        raise Malformed("A number is out of bounds.")
    return number


def _constant(name: str) -> Any:
    raise Malformed(f"{name} is not JSON.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_whole, parse_float=_real, parse_constant=_constant
)


def _refuse_depth(value: Any) -> None:
    """Raise Malformed when containers stand more than MAX_DEPTH deep; never recurses itself."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for each in level for inner in _containers(each)]
        if not level:
            return
    raise Malformed("The JSON is nested too deeply.")


def _containers(value: Any) -> list[Any]:
    inside = value.values() if isinstance(value, dict) else value
    return [each for each in inside if isinstance(each, (dict, list))]


def _holds_no_text(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_NOT_TEXT.search(value))
    if isinstance(value, dict):
        return any(_holds_no_text(each) for pair in value.items() for each in pair)
    return isinstance(value, list) and any(map(_holds_no_text, value))
