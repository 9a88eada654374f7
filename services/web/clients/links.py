"""Booking, as far as a client's signed link opens it.  Nobody is signed in."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.web.clients.http import Service

Row = Mapping[str, Any]


class Links:
    """The appointment behind a link; the link is the credential, so no log may hold these paths."""

    def __init__(self, base_url: str) -> None:
        """`base_url` is booking's own address."""
        self._service = Service("appointment book", base_url)

    def show(self, token: str) -> Row:
        """Return what the client may see.  Raises NotFound, Conflict, TooMany or Unavailable."""
        row: Row = self._service.get(_path(token), None)
        return row

    def times(self, token: str, first: date, last: date) -> list[Row]:
        """Return the free times of some days at the clinic, both of them whole."""
        query = {"from": first.isoformat(), "to": last.isoformat()}
        found: list[Row] = self._service.get(f"{_path(token)}/times", None, query)["times"]
        return found

    def take(self, token: str, verb: str, body: Mapping[str, Any]) -> Row:
        """Confirm, move or cancel, and return what the client may see then.  Raises as show()."""
        row: Row = self._service.post(f"{_path(token)}/{verb}", None, body)
        return row


def _path(token: str) -> str:
    return f"/v1/links/{token}"
