"""Readings held against the limits: what is too deep, too hot or in no session, until it ends."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.device_telemetry.domain import alarms as rules
from services.device_telemetry.domain.alarms import Cause
from services.device_telemetry.store import alarms as store
from services.device_telemetry.usecases import alarms
from shared.db import Transaction

JUDGED = ("depth_over_limit", "wrong_zone", "no_session", "motor_hot", "current_high")
STOP_HELPS = timedelta(seconds=60)  # so young a reading is of the treatment that goes on now

_Key = tuple[UUID, str]  # device and kind


def judge(
    tx: Transaction, found: Sequence[Cause], quiet_until: Mapping[UUID, datetime], now: datetime
) -> None:
    """Raise what readings give cause for, and clear what they show to be over.

    `quiet_until`: how far each device's new readings reach; empty when only looking back.
    """
    for cause in worst(found).values():
        alarms.put(tx, cause, now, stop=now - cause.last_at < STOP_HELPS)
    for alarm in store.open_of(tx, quiet_until):
        if alarm.kind in JUDGED and rules.has_ended(
            alarm.last_over_at, quiet_until[alarm.device_id]
        ):
            alarms.clear(tx, alarm, now)


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
