"""Device telemetry: the fleet, what a pen did in a session, and tickets to watch pens."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from requests import Response

from services.web.clients.http import Service

MOST = 200  # devices on a page, as device telemetry allows
Row = Mapping[str, Any]


class DeviceTelemetry:
    """What the pages of devices and of pens show."""

    def __init__(self, base_url: str) -> None:
        """`base_url` is device telemetry's own address."""
        self._service = Service("device telemetry", base_url)

    def devices(self, token: str, wanted: Mapping[str, str]) -> tuple[list[Row], str | None]:
        """Return devices, and the cursor of the next page if there is one.

        `wanted` may name clinic_id, status, fit and cursor.  Raises NotFound for a clinic of
        others, and Rejected for a cursor of another list.
        """
        page = self._service.get("/v1/devices", token, {**wanted, "limit": str(MOST)})
        return page["items"], page["next"]

    def pens(self, token: str, clinic_id: UUID) -> list[Row]:
        """Return a clinic's pens that are not retired, by name; the first 200."""
        query = {"clinic_id": str(clinic_id), "limit": str(MOST)}
        rows = self._service.get("/v1/devices", token, query)["items"]
        used = (row for row in rows if row["status"] != "retired")
        return sorted(used, key=lambda row: (str(row["name"]), str(row["id"])))

    def pen(self, token: str, device_id: str) -> Row:
        """Return one pen.  Raises NotFound."""
        found: Row = self._service.get(f"/v1/devices/{device_id}", token)
        return found

    def blink(self, token: str, device_id: UUID) -> Row:
        """Have a device blink; return the command.  Raises NotFound, or Conflict when retired."""
        found: Row = self._service.post(f"/v1/devices/{device_id}/identify", token)
        return found

    def command(self, token: str, device_id: UUID, command_id: UUID) -> Row:
        """Return a command to a device, with its `state`.  Raises NotFound."""
        found: Row = self._service.get(f"/v1/devices/{device_id}/commands/{command_id}", token)
        return found

    def trace(self, token: str, session_id: UUID, query: Mapping[str, str]) -> Row:
        """Return a session's samples to draw; `query` has from, to and points.  Raises NotFound."""
        found: Row = self._service.get(f"/v1/sessions/{session_id}/trace", token, query)
        return found

    def export(self, token: str, session_id: UUID, kind: str) -> Response:
        """Return a session's samples as a file, csv or parquet, still to be read and closed.

        Raises NotFound, or TooMany while others are written.
        """
        return self._service.file(f"/v1/sessions/{session_id}/export.{kind}", token)

    def summary(self, token: str, session_id: UUID) -> Row:
        """Return what was delivered, zone by zone.  Raises NotFound."""
        found: Row = self._service.get(f"/v1/sessions/{session_id}/summary", token)
        return found


class LivePens:
    """The process that streams what pens do now; only its tickets are asked for here."""

    def __init__(self, base_url: str) -> None:
        """`base_url` is device-telemetry-live's own address."""
        self._service = Service("live stream", base_url)

    def ticket(self, token: str, clinic_id: UUID | None) -> dict[str, Any]:
        """Return `{"ticket", "expires_in"}`.  Raises Forbidden, NotFound, Rejected, Unavailable."""
        wanted = {"clinic_id": str(clinic_id) if clinic_id else None}
        found: dict[str, Any] = self._service.post("/tickets", token, wanted)
        return found
