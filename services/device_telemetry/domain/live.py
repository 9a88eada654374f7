"""What a live stream of pens shows, and to whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from services.device_telemetry.domain.readings import Row

PERMISSION: Final = "traces:read"  # who may see what a treatment did may see it happen
FRESH: Final = timedelta(seconds=60)  # older readings are a backlog: they are not what happens now


@dataclass(frozen=True, slots=True)
class View:
    """What a reader looks at: one device of a clinic, or all of the clinic's."""

    clinic_id: UUID
    device_id: UUID | None

    def shows(self, clinic_id: UUID | None, device: str | None) -> bool:
        """Say whether what was said of a clinic's device belongs on this stream."""
        mine = self.device_id is None or str(self.device_id) == device
        return clinic_id == self.clinic_id and mine


def reading(
    latest: Sequence[int] | None,
    at: datetime | None,
    limits: Mapping[int, int] | None,
    now: datetime,
) -> dict[str, Any] | None:
    """Return the last sample as it is shown; None when there is none of the last minute.

    `latest` has the rows of readings.Row, `at` is by our clock, `limits` are micrometres by zone
    and None outside of a session.  `over` is None where no session says how deep a zone may go.
    """
    if latest is None or at is None or at < now - FRESH:
        return None
    zone, depth_um = latest[Row.ZONE], latest[Row.DEPTH_UM]
    limit_um = None if limits is None else limits.get(zone)
    needles = latest[Row.SPEED_RPM] > 0 and depth_um > 0
    over = limits is not None and (
        depth_um > limit_um if limit_um is not None else bool(zone) and needles
    )
    return {
        "at": at,
        "zone": zone,
        "depth_um": depth_um,
        "limit_um": limit_um,
        "over": None if limits is None else over,
        "speed_rpm": latest[Row.SPEED_RPM],
        "current_ma": latest[Row.CURRENT_MA],
        "temperature_cc": latest[Row.TEMPERATURE_CC],
    }
