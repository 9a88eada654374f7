"""What a device really did in a session: announced once it is known, and again when it changes."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.device_telemetry.domain import runs as rules
from services.device_telemetry.domain.runs import Run
from services.device_telemetry.store import readback, sessions
from shared import outbox
from shared.db import Transaction
from shared.events.device_telemetry import RunSummarised

SUMMARISED = "device_telemetry.run_summarised.v1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SCHEMA = RunSummarised()
NOTHING = rules.nothing()
MOST_AT_ONCE = 500_000  # samples in memory for one drawing: 14 hours at ten a second


def draw(
    tx: Transaction,
    session: Mapping[str, Any],
    start: datetime | None,
    end: datetime | None,
    points: int,
) -> tuple[Run, int]:
    """Return at most `points` samples of a stretch, its extremes among them, and how many it has.

    Where there are more batches than points, their heads say which of them hold the extremes, and
    only those are read.  Batches that reach over `start` or `end` are always read: their heads
    speak of samples outside as well.
    """
    where = readback.stretch(tx, session, start, end)
    if where is None:
        return NOTHING, 0
    since, until = _ms(start), _ms(end)
    if where.batches <= points and where.samples <= MOST_AT_ONCE:
        return _pick(readback.samples(tx, where), since, until, points)
    heads = readback.heads(tx, where)
    if heads.batches <= points and heads.samples <= MOST_AT_ONCE:
        return _pick(readback.samples(tx, where), since, until, points)
    inner = rules.wholly_within(heads, since, until)
    rim = rules.within(readback.samples_of(tx, where, heads.only(~inner)), since, until)
    inside = heads.only(inner)
    chosen, moments = rules.pick_batches(inside, points)
    found = rules.merge(rim, readback.samples_of(tx, where, inside.only(chosen)))
    return rules.pick_between(found, moments), inside.samples + rim.n


def summary(tx: Transaction, session: dict[str, Any]) -> dict[str, Any]:
    """Return what was delivered so far, zone by zone, as run_summarised carries it."""
    session_id = session["session_id"]
    where = readback.stretch(tx, session)
    run = NOTHING if where is None else readback.depths(tx, where)
    zones = sessions.limits_of(tx, [session_id])[session_id]
    limits = {each["zone"]: each["limit_um"] for each in zones}
    return {
        "session_id": session_id,
        "clinic_id": session["clinic_id"],
        "device_id": session["device_id"],
        "zones": [asdict(zone) for zone in rules.summarise(run, limits)],
        "gaps": readback.gaps(tx, session_id, session["device_id"]),
        "first_at": moment(int(run.at_ms[0])) if run.n else None,
        "last_at": moment(int(run.at_ms[-1])) if run.n else None,
    }


def _pick(run: Run, since: int | None, until: int | None, points: int) -> tuple[Run, int]:
    inside = rules.within(run, since, until)
    return rules.pick(inside, points), inside.n


def announce(tx: Transaction, session_id: UUID, now: datetime) -> None:
    """Announce a session's summary, unless the same was announced before."""
    session = sessions.find(tx, session_id)
    found = summary(tx, session)
    said = _SCHEMA.dump(found)
    known = sessions.kept_summary(tx, session_id)
    sessions.keep_summary(tx, session_id, session["clinic_id"], said, now)
    if said != known:
        outbox.emit(tx, SUMMARISED, subject=session_id, data=found, clinic_id=session["clinic_id"])


def _ms(bound: datetime | None) -> int | None:
    """Return the first whole millisecond that is not before `bound`."""
    return None if bound is None else -((_EPOCH - bound) // timedelta(milliseconds=1))


def moment(at_ms: int) -> datetime:
    """Return a time from milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=at_ms)
