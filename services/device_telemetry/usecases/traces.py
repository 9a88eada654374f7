"""A session's samples to draw: real ones, at most as many as asked for."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.device_telemetry.domain.readings import Row
from services.device_telemetry.store import sessions
from services.device_telemetry.usecases import runs
from shared.db import Transaction


def trace(
    tx: Transaction,
    session_id: UUID,
    *,
    start: datetime | None,
    end: datetime | None,
    points: int,
) -> dict[str, Any]:
    """Return at most `points` samples between start (included) and end.  Raises SessionUnknown."""
    session = sessions.find(tx, session_id)
    run, samples = runs.draw(tx, session, start, end, points)
    columns = (
        run.at_ms.tolist(),
        *(run.samples[row].tolist() for row in Row if row not in _LEFT_OUT),
    )
    return {
        "session_id": session_id,
        "device_id": session["device_id"],
        "time_zone": session["time_zone"] or "UTC",
        "samples": samples,
        "picked": "all" if samples == run.n else "shallowest_and_deepest",
        "limits": sessions.limits_of(tx, [session_id])[session_id],
        "points": [
            {
                "at": runs.moment(at_ms),
                "zone": zone,
                "depth_um": depth,
                "speed_rpm": speed,
                "current_ma": current,
                "temperature_cc": temperature,
            }
            for at_ms, zone, depth, speed, current, temperature in zip(*columns, strict=True)
        ],
    }


_LEFT_OUT = {Row.DT_MS, Row.BATTERY_PERMILLE}
