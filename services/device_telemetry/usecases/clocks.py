"""Clocks of devices: whether what they tell is of now, and whether they are wild."""

from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from services.device_telemetry.domain import alarms as alarm_rules
from services.device_telemetry.domain import clocks as rules
from services.device_telemetry.domain.alarms import Cause
from services.device_telemetry.store import clocks as store
from services.device_telemetry.store import devices
from services.device_telemetry.usecases import alarms
from shared.db import Transaction

_MOST_S = 2**31 - 1
_pace = rules.Pace()  # of readings that are too old to be stored


class Age(Enum):
    """What a status is that says a time of long ago, by those before: old, or of another clock."""

    OF_NOW = "of now"
    WAITED = "waited"
    SET_BACK = "set back"


def hear(
    tx: Transaction,
    device_id: UUID,
    clinic_id: UUID,
    said_at: datetime,
    now: datetime,
    *,
    anew: bool = False,
) -> None:
    """Hold what a device says the time is against our clock; its state is known already.

    `anew`: the clock was set since, and only this word tells of it.
    """
    offsets = store.hear(tx, device_id, said_at, now, anew=anew)
    wild_ms = rules.wild_ms(offsets)
    if wild_ms is not None:
        alarms.put(tx, wild(device_id, clinic_id, wild_ms // 1000, now), now)
    elif rules.is_right(offsets):
        alarms.clear_kinds(tx, [device_id], {"clock_wild"}, now)


def sweep(tx: Transaction, now: datetime) -> None:
    """End the alarm for clocks of which readings show again that they are right.

    A device need not say its time: nothing else would end what its readings began.
    """
    found = _right_by_readings(tx, now)
    if found:
        devices.hold(tx, found)
        still = found & _right_by_readings(tx, now)  # some may just be wild again
        alarms.clear_kinds(tx, sorted(still), {"clock_wild"}, now)


def age(
    tx: Transaction, device_id: UUID, said_at: datetime, connection: int | None, now: datetime
) -> Age:
    """Return whether a status that is heard now was said long ago, and says nothing of now.

    Not one on a later connection than was known: that is of a device whose clock lost its power.
    """
    newest = (now - said_at) // timedelta(milliseconds=1)
    offsets = [newest, *store.offsets(tx, device_id)[: rules.KEPT - 1]]
    if not rules.is_set_back(offsets):
        return Age.OF_NOW
    known = store.connection(tx, device_id)
    if connection is not None and known is not None and connection > known:
        return Age.SET_BACK
    return Age.WAITED if rules.waited(offsets) else Age.OF_NOW


def behind(device_id: UUID, boot_id: int, offset_ms: int, now: datetime) -> timedelta | None:
    """Return how far behind a clock is by readings that are too old to be stored, and yet of now.

    Asked once for each batch of a device's start; None: they are not so old, or may have waited.
    """
    if offset_ms <= rules.LONGEST_MS or not _pace.is_of_now(device_id, boot_id, offset_ms, now):
        return None
    return timedelta(milliseconds=offset_ms)


def says_right(tx: Transaction, device_id: UUID) -> bool:
    """Say whether a device's statuses show a clock that is right."""
    return rules.is_right(store.offsets(tx, device_id))


def wild(device_id: UUID, clinic_id: UUID, off_s: int, now: datetime) -> Cause:
    """Return the alarm for a clock that is off by so many seconds, ahead or behind."""
    return Cause(
        kind="clock_wild",
        device_id=device_id,
        clinic_id=clinic_id,
        session_id=None,
        last_at=now,
        value=min(off_s, _MOST_S),
        limit=alarm_rules.CLOCK_WILD // timedelta(seconds=1),
    )


def _right_by_readings(tx: Transaction, now: datetime) -> set[UUID]:
    """Return devices whose clock counted as wild and whose readings of late show that it is right.

    Not those that said so by a status meanwhile: three are heard in that time.
    """
    return {
        row["device_id"]
        for row in store.by_readings(tx, now - alarm_rules.OFFLINE, now)
        if rules.is_right_by_readings(
            row["first_at"], row["last_at"], row["least_ms"], row["most_ms"]
        )
    }
