"""Booking: clinics and appointments."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.web.clients.http import Service

MOST = 200  # of one list, as booking allows
PAGES = 10

Row = Mapping[str, Any]


class Booking:
    """What the desk shows and does."""

    def __init__(self, base_url: str) -> None:
        """`base_url` is booking's own address."""
        self._service = Service("appointment book", base_url)

    def clinics(self, token: str) -> list[Row]:
        """Return the clinics that the person reaches."""
        return self._every("/v1/clinics", token, {})

    def things(self, token: str, clinic_id: UUID, kind: str) -> dict[str, Row]:
        """Return a clinic's treatments, practitioners or rooms by id."""
        rows = self._every(f"/v1/clinics/{clinic_id}/{kind}", token, {})
        return {str(row["id"]): row for row in rows}

    def appointments(
        self, token: str, clinic_id: UUID, begins: datetime, ends: datetime
    ) -> list[Row]:
        """Return the clinic's appointments that start from `begins` and before `ends`."""
        between = {"from": _moment(begins), "to": _moment(ends)}
        return self._every(f"/v1/clinics/{clinic_id}/appointments", token, between)

    def grace(self, token: str, clinic_id: UUID) -> timedelta:
        """Return how long after a start nobody counts as missing at the clinic."""
        row = self._service.get(f"/v1/clinics/{clinic_id}/policy", token)
        return timedelta(minutes=row["miss_grace_minutes"])

    def change(
        self,
        token: str,
        appointment_id: UUID,
        verb: str,
        version: int | None,
        wished_by: str | None = None,
    ) -> Row:
        """Confirm, arrive, cancel or miss an appointment; return it as it then is.

        `wished_by`: "client" or "clinic", of what is cancelled.  Raises Conflict when its state
        does not allow that, Precondition when it is no longer the `version` that the desk saw.
        """
        seen = {} if version is None else {"If-Match": f'"{version}"'}
        path = f"/v1/appointments/{appointment_id}/{verb}"
        body = {"by": wished_by} if wished_by else None
        row: Row = self._service.post(path, token, body, headers=seen)
        return row

    def _every(self, path: str, token: str, query: Mapping[str, str]) -> list[Row]:
        """Return every page of a list, at most PAGES."""
        found: list[Row] = []
        asked = {**query, "limit": str(MOST)}
        for _ in range(PAGES):
            page = self._service.get(path, token, asked)
            found.extend(page["items"])
            if not page.get("next"):
                break
            asked["cursor"] = page["next"]
        return found


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
