"""Readings that were here before their session was announced: counted and judged when it comes."""

from collections.abc import Mapping
from typing import Any

from services.device_telemetry.domain import minutes, readings
from services.device_telemetry.domain.alarms import Cause
from services.device_telemetry.domain.minutes import Part
from services.device_telemetry.store import batches, runs
from services.device_telemetry.store import minutes as minute_store
from services.device_telemetry.usecases import causes
from services.device_telemetry.usecases.causes import Origin
from shared.db import Transaction
from shared.schemas.batches import milliseconds


def recount(tx: Transaction, session: Mapping[str, Any], limits: Mapping[int, int]) -> list[Cause]:
    """Count what is over the limits (zone -> micrometres) and return the causes of alarms in it.

    The tables are then as if the session had been announced first.  `session` has session_id,
    device_id and clinic_id.  Whoever calls holds the device's streams, so that no batch of it
    comes in between.
    """
    session_id, device_id = session["session_id"], session["device_id"]
    runs.announced(tx, session_id, device_id)
    found: list[Cause] = []
    over: list[tuple[batches.Early, int]] = []
    parts: list[Part] = []
    for each in batches.early(tx, session_id):
        flags = readings.over_limit(each.samples, limits)
        if flags.any():
            origin = Origin(device_id, session["clinic_id"], session_id, each.offset_ms)
            found += causes.of_depths(origin, each.samples, limits, each.t0)
            over.append((each, int(flags.sum())))
            parts.append(Part([0], [milliseconds(each.t0)], flags[None], each.samples[None]))
    batches.note_over_limit(tx, device_id, over)
    minute_store.add_over_limit(tx, device_id, minutes.count(parts))
    return found
