"""Whose readings are whose, when a device has moved from one clinic to another.

A batch never names a clinic; its topic does, and a topic ends with the secret that opened it.  So
two things arrive after a move: what was still queued under the old topic, and what the device kept
in its memory and sends under the new one.  Both were recorded at the old clinic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.device_telemetry.domain.topics import Source

STILL_ON_THE_WAY: Final = timedelta(hours=1)  # what the broker held when the device left


@dataclass(frozen=True, slots=True)
class Left:
    """A clinic that a device has left, and when."""

    clinic_id: UUID
    until: datetime


def is_on_the_way(
    source: Source, here: UUID | None, left: Mapping[UUID, Sequence[Left]], now: datetime
) -> bool:
    """Say whether a message was sent before its device moved away from the clinic of its topic.

    `here` is the clinic that the device is in now; `left` those that each device has left.
    """
    if source.clinic_id == here:
        return False
    before = left.get(source.device_id, ())
    return any(
        each.clinic_id == source.clinic_id and now < each.until + STILL_ON_THE_WAY
        for each in before
    )


def recorded_at(
    source: Source,
    here: UUID | None,
    left: Mapping[UUID, Sequence[Left]],
    t0: datetime,
    now: datetime,
) -> UUID | None:
    """Return the clinic that readings of `t0` belong to; None: the topic's is not the device's.

    `here` and `left` as for is_on_the_way; a clock that is ahead says later than `now`, when they
    came.
    """
    if source.clinic_id == here:
        earlier = [each for each in left.get(source.device_id, ()) if min(t0, now) < each.until]
        return min(earlier, key=lambda each: each.until).clinic_id if earlier else here
    return source.clinic_id if is_on_the_way(source, here, left, now) else None
