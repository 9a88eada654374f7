"""What readings give cause for an alarm: too deep, too hot, or in no session."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.device_telemetry.domain import alarms, readings
from services.device_telemetry.domain.alarms import Cause
from services.device_telemetry.domain.readings import Excess, Row, Samples
from services.device_telemetry.store.batches import Stored
from services.device_telemetry.store.streams import Name

AFTER_THE_END = timedelta(seconds=10)  # the last readings of a session are still under way

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


Known = Mapping[UUID, Rules]


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose readings they are; `offset_ms` is how far the device's clock was off at the least."""

    device_id: UUID
    clinic_id: UUID
    session_id: UUID | None
    offset_ms: int | None


def rules_of(known: Known, device_id: UUID, session_id: UUID | None) -> Rules | None:
    """Return the rules that a device's batch is held against: of its own session only."""
    found = known.get(session_id) if session_id else None
    return found if found and found.session["device_id"] == device_id else None


def of_stored(
    stored: Iterable[Stored], known: Known, offsets: Mapping[Name, int | None]
) -> list[Cause]:
    """Return every cause in newly stored batches.  `offsets` in ms, by device and boot."""
    return [
        cause
        for row in stored
        for cause in _of_row(row, known, offsets[row.device_id, row.boot_id])
    ]


def of_depths(
    origin: Origin, samples: Samples, limits: Mapping[int, int], t0: datetime
) -> list[Cause]:
    """Return what is too deep, or outside of the plan, in samples held against their limits."""
    return [_cause(origin, kind, excess) for kind, excess in _depths(samples, limits, t0)]


def _of_row(row: Stored, known: Known, offset_ms: int | None) -> list[Cause]:
    rule = rules_of(known, row.device_id, row.session_id)
    found = [*_heat(row), *_without_session(row, rule)]
    if rule and row.over_limit.any():
        found += _depths(row.samples, rule.limits, row.t0)
    origin = Origin(row.device_id, row.clinic_id, row.session_id, offset_ms)
    return [_cause(origin, kind, excess) for kind, excess in found]


def _depths(samples: Samples, limits: Mapping[int, int], t0: datetime) -> list[_Found]:
    found = (
        ("depth_over_limit", readings.deep_beyond(samples, limits, t0)),
        ("wrong_zone", readings.out_of_plan(samples, limits, t0)),
    )
    return [(kind, excess) for kind, excess in found if excess]


def _heat(row: Stored) -> list[_Found]:
    hot = readings.above(row.samples, Row.TEMPERATURE_CC, alarms.MOTOR_HOT_CC, row.t0)
    high = readings.above(row.samples, Row.CURRENT_MA, alarms.CURRENT_HIGH_MA, row.t0)
    found = (("motor_hot", hot), ("current_high", high))
    return [(kind, excess) for kind, excess in found if excess]


def _without_session(row: Stored, rule: Rules | None) -> list[_Found]:
    """Return needling outside any session.

    A session that we have not heard of yet may be announced in a moment: the timer looks later.
    """
    ended = rule.session["ended_at"] if rule else None
    over = ended is not None and row.t0 > ended + AFTER_THE_END
    if row.session_id is not None and not over:
        return []
    excess = readings.out_of_plan(row.samples, {}, row.t0)
    return [("no_session", excess)] if excess else []


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
    )
