"""Messages that are not what they should be: kept with the reason, never in the way of others."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from prometheus_client import Counter as Metric

from services.device_telemetry.domain.topics import Source
from services.device_telemetry.store import devices
from services.device_telemetry.store import set_aside as store
from services.device_telemetry.store.set_aside import Counted, Name, SetAside
from services.device_telemetry.usecases import floods
from shared import ids
from shared.db import Transaction

MOST_BYTES_KEPT: Final = 64 * 1024 + 1  # of a larger one the beginning is enough to see what it is
MOST_CHARACTERS: Final = 500
MOST_OF_A_DEVICE: Final = 200  # messages kept; further ones are counted
MOST_BYTES_OF_A_DEVICE: Final = 2 * 1024 * 1024  # so that a few cannot take the room of all
MOST_BYTES: Final = 64 * 1024 * 1024  # of all devices together
KEPT_FOR: Final = timedelta(days=90)
FORGOTTEN_AT_ONCE: Final = 2000
FAILED: Final = "failed"
# Readings as a device takes them, but for its clock or for what went before: no babble.
READINGS: Final = frozenset({"far_future", "too_old", "too_many_gaps", "session_full"})
MOST_BYTES_OF_READINGS_OF_A_DEVICE: Final = 32 * 1024 * 1024  # of a day: two batches a second
MOST_BYTES_OF_READINGS: Final = 1024 * 1024 * 1024  # of all devices together
AGAIN_AFTER: Final = {FAILED: timedelta(minutes=5), "too_many_gaps": timedelta(minutes=10)}
ASIDE = Metric("needlepoint_device_messages_set_aside_total", "Messages set aside", ["reason"])


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a device, as the broker gave it to us; `came_at`: it was set aside then."""

    topic: str
    body: bytes
    came_at: datetime | None = None

    @property
    def again(self) -> bool:
        """Say whether it is tried again."""
        return self.came_at is not None


@dataclass(frozen=True, slots=True)
class Refused:
    """A message and why it is set aside; `source` is None when its topic names no device.

    `again_at`: when trying again may go well, unless that follows from the reason.
    """

    message: Message
    source: Source | None
    reason: str
    detail: str
    again_at: datetime | None = None


def put_all(tx: Transaction, refused: Sequence[Refused], now: datetime) -> None:
    """Keep messages with their reasons; a repeat is only counted.

    So is what one device sends beyond MOST_OF_A_DEVICE or MOST_BYTES_OF_A_DEVICE, and anybody
    beyond MOST_BYTES: a device that babbles fills no disk.  READINGS are kept apart, a day's worth.
    What failed by our own fault is always kept.
    """
    if not refused:
        return
    named = {each.source.device_id for each in refused if each.source}
    owners = devices.owners(tx, named) if named else {}
    found: dict[Name, SetAside] = {}
    times: Counter[Name] = Counter()
    for each in refused:
        message = _message(each, {name: owner[0] for name, owner in owners.items()}, now)
        found.setdefault(message.name, message)
        times[message.name] += 1
    known = store.known(tx, found)
    kept = _that_fit(tx, {name: each for name, each in found.items() if name not in known})
    store.put(
        tx,
        [
            (ids.new(), each, times[name])
            for name, each in found.items()
            if name in known or name in kept
        ],
        now,
    )
    counted = _counted(found, times, kept)
    store.count(tx, counted, now.date())
    for each in refused:
        ASIDE.labels(each.reason).inc()
    for (sender, reason), many in counted.items():
        if sender != store.NOBODY and reason not in {FAILED, *READINGS}:
            floods.refused(sender, many.times)


def forget_old(tx: Transaction, now: datetime) -> bool:
    """Delete what was set aside long ago; say whether there is more."""
    return store.forget(tx, now - KEPT_FOR, FORGOTTEN_AT_ONCE) == FORGOTTEN_AT_ONCE


def _message(refused: Refused, clinics: dict[UUID, UUID], now: datetime) -> SetAside:
    device_id = refused.source.device_id if refused.source else None
    clinic_id = clinics.get(device_id) if device_id else None
    after = AGAIN_AFTER.get(refused.reason)
    again_at = now + after if after else refused.again_at
    return SetAside(
        topic=refused.message.topic[:MOST_CHARACTERS].replace("\x00", "?"),
        clinic_id=clinic_id,
        device_id=device_id if clinic_id else None,
        reason=refused.reason,
        detail=refused.detail[:MOST_CHARACTERS],
        body=refused.message.body[:MOST_BYTES_KEPT],
        again_at=again_at,
    )


def _that_fit(tx: Transaction, new: dict[Name, SetAside]) -> set[Name]:
    """Return which of them are kept themselves."""
    if not new:
        return set()
    found = store.kept(tx, {each.sender for each in new.values()}, READINGS, MOST_OF_A_DEVICE)
    left = {False: MOST_BYTES - found.bytes, True: MOST_BYTES_OF_READINGS - found.reading_bytes}
    most_bytes = {False: MOST_BYTES_OF_A_DEVICE, True: MOST_BYTES_OF_READINGS_OF_A_DEVICE}
    fitting = set()
    for name, each in new.items():
        is_reading = each.reason in READINGS and each.device_id is not None
        size, mine = len(each.body), found.of_sender[each.sender, is_reading]
        fits = is_reading or mine.messages < MOST_OF_A_DEVICE
        fits &= size <= min(left[is_reading], most_bytes[is_reading] - mine.bytes)
        if fits or each.reason == FAILED:
            mine.add(size)
            left[is_reading] -= size
            fitting.add(name)
    return fitting


def _counted(
    found: dict[Name, SetAside], times: Counter[Name], kept: set[Name]
) -> dict[tuple[UUID, str], Counted]:
    counted: dict[tuple[UUID, str], Counted] = {}
    for name, each in found.items():
        mine = counted.setdefault((each.sender, each.reason), Counted(each.clinic_id))
        mine.times += times[name]
        mine.kept_bytes += len(each.body) if name in kept else 0
    return counted
