"""What readings give cause for an alarm: too deep, too hot, or in no session."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from services.device_telemetry.domain import alarms, readings, runs
from services.device_telemetry.domain.alarms import Cause
from services.device_telemetry.domain.blocks import some
from services.device_telemetry.domain.readings import Excess, Row, Samples
from services.device_telemetry.store.batch_rows import Stored, Written
from services.device_telemetry.store.streams import Name
from shared.schemas.batches import milliseconds

_HEAT = [Row.TEMPERATURE_CC, Row.CURRENT_MA]
_HEAT_LIMITS = [alarms.MOTOR_HOT_CC, alarms.CURRENT_HIGH_MA]
_Found = tuple[str, Excess]  # a kind of alarm, and what is in excess


@dataclass(frozen=True, slots=True)
class Rules:
    """What is known of a session: its limits in micrometres by zone, and whether it goes on."""

    session: Mapping[str, Any]
    limits: Mapping[int, int]

    @property
    def is_open(self) -> bool:
        """Say whether the treatment goes on."""
        return bool(self.session["state"] == "open")

    @property
    def is_full(self) -> bool:
        """Say whether the session has as many samples, or batches, as can be summed up."""
        sent = self.session
        return bool(sent["samples"] >= runs.MOST_SAMPLES or sent["batches"] >= runs.MOST_BATCHES)


Known = Mapping[UUID, Rules]


@dataclass(frozen=True, slots=True)
class Kept:
    """Newly stored batches of one layout, and what each is held against."""

    written: Written
    rules: Sequence[Rules | None]


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose readings they are; `offset_ms` is how far the device's clock was off at the least."""

    device_id: UUID
    clinic_id: UUID
    session_id: UUID | None
    offset_ms: int | None
    boot_id: int | None = None
    started_ms: int | None = None  # the device's start by its own clock, since 1970


def rules_of(known: Known, device_id: UUID, session_id: UUID | None) -> Rules | None:
    """Return the rules that a device's batch is held against: of its own session only."""
    found = known.get(session_id) if session_id else None
    return found if found and found.session["device_id"] == device_id else None


def of_kept(kept: Iterable[Kept], offsets: Mapping[Name, int | None]) -> list[Cause]:
    """Return every cause in newly stored batches.  `offsets` in ms, by device and boot."""
    return [cause for each in kept for cause in _of_block(each, offsets)]


def of_depths(
    origin: Origin, samples: Samples, limits: Mapping[int, int], t0: datetime
) -> list[Cause]:
    """Return what is too deep, or outside of the plan, in samples held against their limits."""
    return [_cause(origin, kind, excess) for kind, excess in _depths(samples, limits, t0)]


def _of_block(kept: Kept, offsets: Mapping[Name, int | None]) -> Iterator[Cause]:
    """Yield the causes in a block: most batches show none, and cost no look of their own."""
    written, rules = kept.written, kept.rules
    rows, block = written.rows, written.block
    hot = some(block.high[:, _HEAT] > _HEAT_LIMITS)
    outside = some(block.needling)
    outside &= [_is_outside(row, rule) for row, rule in zip(rows, rules, strict=True)]
    unheard = some(block.needling)
    unheard &= [_is_unheard(row, rule) for row, rule in zip(rows, rules, strict=True)]
    over = some(written.over_limit)
    for at in np.flatnonzero(hot | outside | unheard | over).tolist():
        row, rule, samples = rows[at], rules[at], block.samples[at]
        found = _heat(samples, row.t0)
        if outside[at]:
            found += _needling(samples, row.t0)
        if rule and over[at]:
            found += _depths(samples, rule.limits, row.t0)
        offset_ms = offsets[row.device_id, row.boot_id]
        # any device may write any id: an alarm names a session only where it is the device's own
        session_id = row.session_id if rule else None
        started_ms = milliseconds(row.t0) - row.uptime_ms
        origin = Origin(
            row.device_id, row.clinic_id, session_id, offset_ms, row.boot_id, started_ms
        )
        yield from (_cause(origin, kind, excess) for kind, excess in found)
        if unheard[at]:
            for kind, excess in _needling(samples, row.t0):
                cause = _cause(origin, kind, excess)
                yield replace(cause, session_id=row.session_id, waits=True)


def _is_unheard(row: Stored, rule: Rules | None) -> bool:
    """Say whether a batch names a session that nobody has announced for its device."""
    return row.session_id is not None and rule is None


def _is_outside(row: Stored, rule: Rules | None) -> bool:
    """Say whether a batch belongs to no session, or to one that has ended: perhaps it goes on.

    Whether it was measured before the end is judged by the clock, where the device is held.
    A session that we have not heard of yet may be announced in a moment: the timer looks later.
    """
    return row.session_id is None or (rule is not None and not rule.is_open)


def _needling(samples: Samples, t0: datetime) -> list[_Found]:
    excess = readings.out_of_plan(samples, {}, t0)
    return [("no_session", excess)] if excess else []


def _depths(samples: Samples, limits: Mapping[int, int], t0: datetime) -> list[_Found]:
    found = (
        ("depth_over_limit", readings.deep_beyond(samples, limits, t0)),
        ("wrong_zone", readings.out_of_plan(samples, limits, t0)),
    )
    return [(kind, excess) for kind, excess in found if excess]


def _heat(samples: Samples, t0: datetime) -> list[_Found]:
    hot = readings.above(samples, Row.TEMPERATURE_CC, alarms.MOTOR_HOT_CC, t0)
    high = readings.above(samples, Row.CURRENT_MA, alarms.CURRENT_HIGH_MA, t0)
    found = (("motor_hot", hot), ("current_high", high))
    return [(kind, excess) for kind, excess in found if excess]


def _cause(origin: Origin, kind: str, excess: Excess) -> Cause:
    return Cause(
        kind=kind,
        device_id=origin.device_id,
        clinic_id=origin.clinic_id,
        session_id=origin.session_id,
        last_at=excess.last_at,
        zone=excess.zone,
        value=excess.value,
        limit=excess.limit,
        offset_ms=origin.offset_ms,
        boot_id=origin.boot_id,
        started_ms=origin.started_ms,
    )
