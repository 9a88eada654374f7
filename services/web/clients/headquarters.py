"""Headquarters: the picture of all clinics, and tickets for its streams."""

import threading
import time
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from services.web.clients.http import Service

MOST = 200
_COUNTED = ("booked", "confirmed", "arrived", "completed", "missed")
PAGES = 10
PAST_KEPT_S = 300.0  # days that are over seldom change
MOST_PASTS = 2000


class Headquarters:
    """What the headquarters page shows and does."""

    def __init__(self, base_url: str) -> None:
        """`base_url` is headquarters' own address."""
        self._service = Service("headquarters' numbers", base_url)
        self._pasts: dict[tuple[str, date], tuple[Mapping[str, int], float]] = {}
        self._lock = threading.Lock()

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

    def alarms(self, token: str, clinic_id: UUID) -> list[Mapping[str, Any]]:
        """Return a clinic's open alarms, the newest first."""
        return self._every("/v1/alarms", token, {"clinic_id": str(clinic_id)})

    def past(self, token: str, clinic_id: str, first: date, last: date) -> Mapping[str, int]:
        """Return how many appointments a clinic had on days that are over, by ISO day.

        A day without any is missing.  Kept for five minutes, for whoever may see all clinics.
        """
        kept, at = self._pasts.get((clinic_id, last), ({}, float("-inf")))
        if time.monotonic() - at < PAST_KEPT_S:
            return kept
        query = {"from": first.isoformat(), "to": last.isoformat()}
        said = self._service.get(f"/v1/clinics/{clinic_id}/days", token, query)["items"]
        found = {row["day"]: sum(row[name] for name in _COUNTED) for row in said}
        with self._lock:
            if len(self._pasts) >= MOST_PASTS:
                self._pasts.clear()
            self._pasts[clinic_id, last] = found, time.monotonic()
        return found

    def acknowledge(self, token: str, item_id: UUID, note: str | None) -> None:
        """Say that somebody looks after it."""
        self._service.post(f"/v1/attention/{item_id}/acknowledge", token, {"note": note})

    def _every(
        self, path: str, token: str, query: Mapping[str, str] | None = None
    ) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        asked = {**(query or {}), "limit": str(MOST)}
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
