"""Headquarters: the picture of all clinics, and tickets for its streams."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.web.clients.http import Service

MOST = 200
PAGES = 10


class Headquarters:
    """What the headquarters page shows and does."""

    def __init__(self, base_url: str) -> None:
        """`base_url` is headquarters' own address."""
        self._service = Service("headquarters' numbers", base_url)

    def overview(self, token: str) -> Mapping[str, Any]:
        """Return the numbers of all clinics together."""
        found: Mapping[str, Any] = self._service.get("/v1/overview", token)
        return found

    def clinics(self, token: str) -> list[Mapping[str, Any]]:
        """Return every clinic's row, worst first."""
        return self._every("/v1/clinics", token)

    def attention(self, token: str) -> list[Mapping[str, Any]]:
        """Return what needs somebody, most urgent first."""
        return self._every("/v1/attention", token)

    def acknowledge(self, token: str, item_id: UUID, note: str | None) -> None:
        """Say that somebody looks after it."""
        self._service.post(f"/v1/attention/{item_id}/acknowledge", token, {"note": note})

    def _every(self, path: str, token: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        asked = {"limit": str(MOST)}
        for _ in range(PAGES):
            page = self._service.get(path, token, asked)
            found.extend(page["items"])
            if not page.get("next"):
                break
            asked["cursor"] = page["next"]
        return found


class Live:
    """The process that streams; only its tickets are asked for here."""

    def __init__(self, base_url: str) -> None:
        """`base_url` is headquarters-live's own address."""
        self._service = Service("live stream", base_url)

    def ticket(self, token: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Return `{"ticket", "expires_in"}`.  Raises Forbidden, NotFound, Unavailable."""
        found: dict[str, Any] = self._service.post("/tickets", token, wanted)
        return found
