"""Device telemetry: the fleet."""

from collections.abc import Mapping
from typing import Any

from services.web.clients.http import Service

MOST = 200  # devices on a page, as device telemetry allows

Row = Mapping[str, Any]


class DeviceTelemetry:
    """What the page of devices shows."""

    def __init__(self, base_url: str) -> None:
        """`base_url` is device telemetry's own address."""
        self._service = Service("list of devices", base_url)

    def devices(self, token: str, wanted: Mapping[str, str]) -> tuple[list[Row], str | None]:
        """Return devices, and the cursor of the next page if there is one.

        `wanted` may name clinic_id, status, fit and cursor.  Raises NotFound for a clinic of
        others, and Rejected for a cursor of another list.
        """
        page = self._service.get("/v1/devices", token, {**wanted, "limit": str(MOST)})
        return page["items"], page["next"]
