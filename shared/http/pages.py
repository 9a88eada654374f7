"""One cursor style for every list.

A cursor holds the sort key of the last row, signed, and works only for the list that gave it.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Self
from uuid import UUID

from flask import request
from marshmallow import Schema, fields

from shared import crypto
from shared.errors import Rejected
from shared.schemas.base import Request, Text, View, Whole

MOST = 200
USUAL = 50
_SIGNATURE_BYTES = 16
_WRITE: dict[type, tuple[str, Callable[[Any], Any]]] = {
    UUID: ("u", str),
    datetime: ("t", datetime.isoformat),
    date: ("d", date.isoformat),
    int: ("i", int),
    str: ("s", str),
    type(None): ("n", lambda _: None),
}
_READ: dict[str, Callable[[Any], Any]] = {
    "u": UUID,
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "i": int,
    "s": str,
    "n": lambda _: None,
}
Key = str | Sequence[str] | Callable[[Mapping[str, Any]], Sequence[Any]]


class CursorUnknown(Rejected):
    """The cursor was not given by this list."""

    type = "cursor-unknown"
    title = "This page does not exist"


class PageArgs(Request):
    """The query of a list.  Inherit from it to add filters."""

    limit = Whole(least=1, most=MOST, load_default=USUAL, metadata={"description": "Rows a page"})
    cursor = Text(
        most=1000, load_default=None, metadata={"description": "`next` of the page before"}
    )


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted.  `after` is the sort key of the row before, if any."""

    limit: int
    after: tuple[Any, ...] | None = None

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> Self:
        """Return the page that a PageArgs query asks for.  Raises CursorUnknown."""
        cursor = query["cursor"]
        return cls(query["limit"], _opened(cursor) if cursor else None)

    @property
    def fetch(self) -> int:
        """Return how many rows to read: one more than shown tells whether there is a next page."""
        return self.limit + 1

    def binds(self, *names: str) -> dict[str, Any]:
        """Return SQL values: `limit` to read, and each name's part of `after`, None at the start.

        Raises CursorUnknown for a cursor with another number of parts.
        """
        after = self.after or (None,) * len(names)
        if len(after) != len(names):
            raise CursorUnknown("Start again from the first page.")
        return {"limit": self.fetch, **dict(zip(names, after, strict=True))}


def answer(rows: Sequence[Mapping[str, Any]], page: Page, key: Key = "id") -> dict[str, Any]:
    """Return {"items", "next"}.  `rows` are up to page.fetch; `key` names the sort columns."""
    items = rows[: page.limit]
    more = len(rows) > page.limit
    return {"items": items, "next": _sealed(_values(items[-1], key)) if more else None}


@cache
def listing(view: type[Schema]) -> type[View]:
    """Return the schema of a page of `view`s, for @blueprint.response(200, ...)."""
    members = {
        "items": fields.List(fields.Nested(view), required=True),
        "next": fields.String(
            required=True, allow_none=True, metadata={"description": "Cursor of the next page"}
        ),
    }
    return type(f"{view.__name__}Page", (View,), members)


def _values(row: Mapping[str, Any], key: Key) -> Sequence[Any]:
    if callable(key):
        return key(row)
    return [row[name] for name in ([key] if isinstance(key, str) else key)]


def _sealed(values: Sequence[Any]) -> str:
    tagged = [[_WRITE[type(value)][0], _WRITE[type(value)][1](value)] for value in values]
    body = json.dumps(tagged, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_signature(body) + body).decode().rstrip("=")


def _opened(cursor: str) -> tuple[Any, ...]:
    unknown = CursorUnknown("Start again from the first page.")
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except ValueError as wrong:
        raise unknown from wrong
    signature, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(body)):
        raise unknown
    return tuple(_READ[tag](value) for tag, value in json.loads(body))


def _signature(body: bytes) -> bytes:
    route = request.url_rule.rule if request.url_rule else ""
    key = crypto.derived_key("cursors")
    return hmac.digest(key, route.encode() + b"\n" + body, hashlib.sha256)[:_SIGNATURE_BYTES]
