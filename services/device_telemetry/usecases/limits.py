"""Readings held against the limits: what is too deep, too hot or in no session, until it ends."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.device_telemetry.domain import alarms as rules
from services.device_telemetry.domain import readings
from services.device_telemetry.domain.alarms import Cause
from services.device_telemetry.domain.readings import Excess, Row, Samples
from services.device_telemetry.store import alarms as store
from services.device_telemetry.store.batches import Stored
from services.device_telemetry.usecases import alarms
from shared.db import Transaction

JUDGED = ("depth_over_limit", "wrong_zone", "no_session", "motor_hot", "current_high")
AFTER_THE_END = timedelta(seconds=10)  # the last readings of a session are still under way

_Key = tuple[UUID, str]  # device and kind


@dataclass(frozen=True, slots=True)
class Rules:
    """What is known of a session: its limits in micrometres by zone, and whether it goes on."""

    session: Mapping[str, Any]
    limits: Mapping[int, int]

    @property
    def is_open(self) -> bool:
        """Say whether the treatment goes on, so that a stop still helps."""
        return bool(self.session["state"] == "open")


Known = Mapping[UUID, Rules]


def of_batch(known: Known, device_id: UUID, session_id: UUID | None) -> Rules | None:
    """Return the rules that a device's batch is held against: of its own session only."""
    found = known.get(session_id) if session_id else None
    return found if found and found.session["device_id"] == device_id else None


def judge(tx: Transaction, stored: Sequence[Stored], known: Known, now: datetime) -> None:
    """Raise and clear the alarms that newly stored batches call for."""
    devices = {row.device_id for row in stored}
    causes = worst(cause for row in stored for cause in _causes(row, known))
    for cause in causes.values():
        rule = of_batch(known, cause.device_id, cause.session_id)
        alarms.put(tx, cause, now, stop=rule is None or rule.is_open)
    quiet_until = _ends(stored)
    for alarm in store.open_of(tx, devices):
        if alarm.kind in JUDGED and rules.has_ended(
            alarm.last_over_at, quiet_until[alarm.device_id]
        ):
            alarms.clear(tx, alarm, now)


def judge_stored(
    tx: Transaction,
    session: Mapping[str, Any],
    limits: Mapping[int, int],
    batches: Iterable[tuple[datetime, Samples]],
    now: datetime,
) -> None:
    """Hold readings that were here before their session's limits against these."""
    device_id, clinic_id = session["device_id"], session["clinic_id"]
    causes = worst(
        _cause(kind, excess, device_id, clinic_id, session["session_id"])
        for t0, samples in batches
        for kind, excess in _depths(samples, limits, t0)
    )
    for cause in causes.values():
        alarms.put(tx, cause, now)


def worst(causes: Iterable[Cause]) -> dict[_Key, Cause]:
    """Return one cause a device and kind: the highest value, and the latest moment of all."""
    found: dict[_Key, Cause] = {}
    for cause in causes:
        key = (cause.device_id, cause.kind)
        other = found.get(key)
        if other is None:
            found[key] = cause
            continue
        higher = max(cause, other, key=lambda each: each.value or 0)
        found[key] = replace(higher, last_at=max(cause.last_at, other.last_at))
    return dict(sorted(found.items()))


def _causes(row: Stored, known: Known) -> Iterable[Cause]:
    rule = of_batch(known, row.device_id, row.session_id)
    excesses = [*_heat(row), *_without_session(row, rule)]
    if rule and row.over_limit.any():
        excesses += _depths(row.samples, rule.limits, row.t0)
    return [
        _cause(kind, excess, row.device_id, row.clinic_id, row.session_id)
        for kind, excess in excesses
    ]


def _depths(samples: Samples, limits: Mapping[int, int], t0: datetime) -> list[tuple[str, Excess]]:
    found = (
        ("depth_over_limit", readings.deep_beyond(samples, limits, t0)),
        ("wrong_zone", readings.out_of_plan(samples, limits, t0)),
    )
    return [(kind, excess) for kind, excess in found if excess]


def _heat(row: Stored) -> list[tuple[str, Excess]]:
    found = (
        ("motor_hot", readings.above(row.samples, Row.TEMPERATURE_CC, rules.MOTOR_HOT_CC, row.t0)),
        (
            "current_high",
            readings.above(row.samples, Row.CURRENT_MA, rules.CURRENT_HIGH_MA, row.t0),
        ),
    )
    return [(kind, excess) for kind, excess in found if excess]


def _without_session(row: Stored, rule: Rules | None) -> list[tuple[str, Excess]]:
    """Return needling outside any session.

    A session that we have not heard of yet may be announced in a moment: the timer looks later.
    """
    ended = rule.session["ended_at"] if rule else None
    over = ended is not None and row.t0 > ended + AFTER_THE_END
    if row.session_id is not None and not over:
        return []
    excess = readings.out_of_plan(row.samples, {}, row.t0)
    return [("no_session", excess)] if excess else []


def _cause(
    kind: str, excess: Excess, device_id: UUID, clinic_id: UUID, session_id: UUID | None
) -> Cause:
    return Cause(
        kind=kind,
        device_id=device_id,
        clinic_id=clinic_id,
        session_id=session_id,
        last_at=excess.last_at,
        zone=excess.zone,
        value=excess.value,
        limit=excess.limit,
    )


def _ends(stored: Sequence[Stored]) -> dict[UUID, datetime]:
    """Return until when each device's readings reach."""
    found: dict[UUID, datetime] = {}
    for row in stored:
        end = readings.moment(row.samples, -1, row.t0)
        found[row.device_id] = max(end, found.get(row.device_id, end))
    return found
