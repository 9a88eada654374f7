"""A session's samples to draw: real ones, at most as many as asked for."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from services.device_telemetry.domain import runs as rules
from services.device_telemetry.domain.readings import Row
from services.device_telemetry.domain.runs import Heads, Run
from services.device_telemetry.store import readback, sessions
from services.device_telemetry.store.readback import PART, Stretch
from shared.db import Transaction

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_AT_ONCE = 500_000  # samples in memory for one drawing: 14 hours at ten a second


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
    run, samples = _draw(tx, session, start, end, points)
    return {
        "session_id": session_id,
        "device_id": session["device_id"],
        "time_zone": session["time_zone"] or "UTC",
        "samples": samples,
        "picked": "all" if samples == run.n else "shallowest_and_deepest",
        "limits": sessions.limits_of(tx, [session_id])[session_id],
        "points": _points(run),
    }


def _draw(
    tx: Transaction,
    session: Mapping[str, Any],
    start: datetime | None,
    end: datetime | None,
    points: int,
) -> tuple[Run, int]:
    """Return at most `points` samples of a stretch, its extremes among them, and how many it has.

    Where there are more batches than points, their heads say which of them hold the extremes, and
    only those are read: of long ones fewer, for memory's sake.  Batches that may reach over `start`
    or `end` are all read: their heads speak of samples outside as well.
    """
    where = readback.stretch(tx, session, start, end)
    if where is None:
        return rules.nothing(), 0
    since, until = _ms(start), _ms(end)
    if where.batches <= points and where.samples <= MOST_AT_ONCE:
        return _pick(tx, where, since, until, points)
    heads = readback.heads(tx, where)
    if heads.batches <= points and heads.samples <= MOST_AT_ONCE:
        return _pick(tx, where, since, until, points)
    inner = rules.wholly_within(heads, since, until)
    inside = heads.only(inner)
    most = rules.affordable(inside, MOST_AT_ONCE) if inside.batches else points
    chosen, moments = rules.pick_batches(heads, inner, max(2, min(points, most)))
    rim, rim_samples = _rim(tx, where, heads.only(~inner), since, until, moments)
    if not inside.batches:
        return rules.pick(rim, points), rim_samples
    samples = inside.samples + rim_samples
    wanted = inside if samples <= points else heads.only(chosen)
    found = rules.merge(rim, readback.samples_of(tx, where, wanted))
    return (found if samples <= points else rules.pick_between(found, moments)), samples


def _rim(
    tx: Transaction,
    where: Stretch,
    batches: Heads,
    since: int | None,
    until: int | None,
    moments: Sequence[int],
) -> tuple[Run, int]:
    """Return the samples within a stretch of batches that may reach out of it, and how many.

    Of more than can be in memory only the extremes between the `moments`: batches last half a
    minute at most, but nobody can say how many of them a device sends for it.
    """
    found, many = rules.nothing(), 0
    for part in batches.parts(PART):
        run = rules.within(readback.samples_of(tx, where, part), since, until)
        many += run.n
        found = rules.merge(found, run)
        if found.n > MOST_AT_ONCE:
            found = rules.pick_between(found, moments)
    return found, many


def _pick(
    tx: Transaction, where: Stretch, since: int | None, until: int | None, points: int
) -> tuple[Run, int]:
    """Return at most `points` of a stretch's samples, and how many it has."""
    inside = rules.within(readback.samples(tx, where), since, until)
    return rules.pick(inside, points), inside.n


def _ms(bound: datetime | None) -> int | None:
    """Return the first whole millisecond that is not before `bound`."""
    return None if bound is None else -((_EPOCH - bound) // timedelta(milliseconds=1))


def _points(run: Run) -> list[dict[str, Any]]:
    """Return samples as PointView shows them: thousands, so all their times are written at once."""
    moments = np.datetime_as_string(run.at_ms.view("datetime64[ms]"), timezone="UTC").tolist()
    columns = (run.samples[row].tolist() for row in _DRAWN)
    return [
        {
            "at": at,
            "zone": zone,
            "depth_um": depth,
            "speed_rpm": speed,
            "current_ma": current,
            "temperature_cc": temperature,
        }
        for at, zone, depth, speed, current, temperature in zip(moments, *columns, strict=True)
    ]


_DRAWN = (Row.ZONE, Row.DEPTH_UM, Row.SPEED_RPM, Row.CURRENT_MA, Row.TEMPERATURE_CC)
