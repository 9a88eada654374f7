"""A session's samples to draw: real ones, at most as many as asked for."""

from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from services.device_telemetry.domain.readings import Row
from services.device_telemetry.domain.runs import Run
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
    return {
        "session_id": session_id,
        "device_id": session["device_id"],
        "time_zone": session["time_zone"] or "UTC",
        "samples": samples,
        "picked": "all" if samples == run.n else "shallowest_and_deepest",
        "limits": sessions.limits_of(tx, [session_id])[session_id],
        "points": _points(run),
    }


def _points(run: Run) -> list[dict[str, Any]]:
    """Return samples as PointView shows them: thousands, so all their times are written at once."""
    moments = np.datetime_as_string(run.at_ms.view("datetime64[ms]"), timezone="UTC").tolist()
    columns = (run.samples[row].tolist() for row in _DRAWN.values())
    names = ("at", *_DRAWN)
    return [dict(zip(names, each, strict=True)) for each in zip(moments, *columns, strict=True)]


_DRAWN = {
    "zone": Row.ZONE,
    "depth_um": Row.DEPTH_UM,
    "speed_rpm": Row.SPEED_RPM,
    "current_ma": Row.CURRENT_MA,
    "temperature_cc": Row.TEMPERATURE_CC,
}
