"""Readings held against the limits: what is too deep, too hot or in no session, until it ends."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.device_telemetry.domain import alarms as rules
from services.device_telemetry.domain.alarms import Cause
from services.device_telemetry.store import alarms as store
from services.device_telemetry.store import devices, sessions
from services.device_telemetry.store.alarms import Alarm
from services.device_telemetry.store.runs import Part
from services.device_telemetry.usecases import alarms, clocks
from shared.db import Transaction

Where = tuple[UUID, UUID]  # a device, and the clinic where it was
_Key = tuple[Where, str, UUID | None, bool]  # with kind, session, and whether of its last start


@dataclass(frozen=True, slots=True)
class InVain:
    """What readings show that are not stored: they end nothing.

    Causes of alarms; how far each device's reach; whose clock they show to be behind, and how far.
    """

    causes: Sequence[Cause] = ()
    reached: Mapping[Where, datetime] = field(default_factory=dict)
    behind: Mapping[UUID, timedelta] = field(default_factory=dict)


_NOTHING: Final = InVain()


def judge(
    tx: Transaction,
    found: Sequence[Cause],
    quiet_until: Mapping[Where, datetime],
    now: datetime,
    *,
    in_vain: InVain = _NOTHING,
    carried: Sequence[Part] = (),
) -> None:
    """Raise what readings give cause for, and clear what they show to be over.

    `quiet_until`: how far each device's new readings reach; empty when only looking back.  Those
    that still come from a clinic that it has left end nothing at the one where it is.
    `carried`: what the new readings add to sessions.
    """
    reaching = {device_id for device_id, _ in quiet_until}
    open_ = store.open_of(tx, reaching)
    going_on = {(alarm.device_id, alarm.kind, alarm.session_id) for alarm in open_}
    causes = [
        cause
        for cause in worst([*found, *in_vain.causes])
        if not cause.waits or (cause.device_id, cause.kind, cause.session_id) in going_on
    ]
    concerned = {cause.device_id for cause in causes}
    concerned |= {alarm.device_id for alarm in _quiet(open_, quiet_until)}
    concerned |= {cause.device_id for cause in _bad_cartridges(open_, carried)}
    ahead = _ahead([*quiet_until.items(), *in_vain.reached.items()], now)
    if not concerned and not ahead and not in_vain.behind:
        return
    owners = devices.hold(tx, concerned | ahead.keys() | in_vain.behind.keys())
    causes += _bad_cartridges(store.open_of(tx, owners), carried)  # some may just be out
    ends = _ends(tx, causes)
    for cause in causes:
        alarms.put(tx, replace(cause, ended_at=ends.get(cause.session_id)), now)
    for device_id, by in sorted((ahead | _behind(tx, in_vain)).items()):
        clinic_id, _ = owners[device_id]
        alarms.put(tx, clocks.wild(device_id, clinic_id, int(by.total_seconds()), now), now)
    for alarm in _quiet(store.open_of(tx, reaching), quiet_until):
        alarms.clear(tx, alarm.id, now)


def worst(causes: Iterable[Cause]) -> list[Cause]:
    """Return one cause a device and clinic, kind and session, in the order in which they happened.

    With the highest value, and the latest moment of all.  Those of a device's last start are one by
    themselves: another clock told the time of those before, and what waited would speak for both.
    """
    known = list(causes)
    last: dict[UUID, int] = {}
    for cause in known:
        last[cause.device_id] = max(cause.boot_id or 0, last.get(cause.device_id, 0))
    found: dict[_Key, Cause] = {}
    for cause in known:
        of_last = (cause.boot_id or 0) == last[cause.device_id]
        key = ((cause.device_id, cause.clinic_id), cause.kind, cause.session_id, of_last)
        other = found.get(key)
        if other is None:
            found[key] = cause
            continue
        higher = max(cause, other, key=lambda each: each.value or 0)
        found[key] = replace(higher, last_at=max(cause.last_at, other.last_at))
    return sorted(found.values(), key=lambda each: (each.device_id, each.kind, each.last_at))


def _ahead(reached: Iterable[tuple[Where, datetime]], now: datetime) -> dict[UUID, timedelta]:
    """Return of which devices readings are ahead of our clock, and how far."""
    found: dict[UUID, timedelta] = {}
    for (device_id, _), end in reached:
        if end > now + rules.CLOCK_WILD:
            found[device_id] = max(end - now, found.get(device_id, end - now))
    return found


def _behind(tx: Transaction, in_vain: InVain) -> dict[UUID, timedelta]:
    """Return whose clocks are behind, and how far, but of those whose statuses show them right."""
    found = in_vain.behind.items()
    return {device_id: by for device_id, by in found if not clocks.says_right(tx, device_id)}


def _quiet(open_: Sequence[Alarm], quiet_until: Mapping[Where, datetime]) -> list[Alarm]:
    """Return open alarms whose cause is over, by readings up to a moment of each device."""
    return [
        alarm
        for alarm in open_
        if alarm.kind in rules.MEASURED
        and (until := _until(alarm, quiet_until))
        and rules.has_ended(alarm.last_over_at, until)
    ]


def _until(alarm: Alarm, quiet_until: Mapping[Where, datetime]) -> datetime | None:
    """Return how far readings reach that may end an alarm: any, where the device is no more."""
    if alarm.here:
        return quiet_until.get((alarm.device_id, alarm.clinic_id))
    reached = (end for (device_id, _), end in quiet_until.items() if device_id == alarm.device_id)
    return max(reached, default=None)


def _bad_cartridges(open_: Sequence[Alarm], carried: Sequence[Part]) -> list[Cause]:
    """Return what goes on: needling with a cartridge that an open alarm is about.

    The stop may have come before the session's limits did, or its device was started again.
    """
    bad = [alarm for alarm in open_ if alarm.kind in rules.OF_CARTRIDGE]
    return [
        Cause(
            kind=alarm.kind,
            device_id=alarm.device_id,
            clinic_id=part.clinic_id,
            session_id=alarm.session_id,
            last_at=part.needling_at,
        )
        for alarm in bad
        for part in carried
        if part.needling_at
        and (part.device_id, part.clinic_id) == (alarm.device_id, alarm.clinic_id)
        and alarm.session_id in {part.session_id, None}
    ]


def _ends(tx: Transaction, causes: Sequence[Cause]) -> dict[UUID | None, datetime]:
    """Return when sessions ended, of those that have."""
    asked = {each.session_id for each in causes if each.session_id and not each.waits}
    known = sessions.several(tx, asked)
    return {each: row["ended_at"] for each, row in known.items() if row["ended_at"]}
