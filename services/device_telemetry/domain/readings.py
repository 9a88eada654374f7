"""What readings can be, and which are too deep.

Samples are int16 arrays of shape (7, n) with the rows named below.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
EARLIEST: Final = timedelta(days=30)  # as long as a device may have been without a network
LATEST: Final = timedelta(minutes=5)  # as wrong as a device's clock may be
LONGEST_AHEAD: Final = timedelta(days=80)  # set aside, readings of the future wait for their time
LAST_ZONE: Final = 17
IN_THE_AIR: Final = 0
NO_LIMIT: Final = np.iinfo(np.int16).max  # nothing a device can measure is as deep


class Row(IntEnum):
    """The rows of samples."""

    DT_MS = 0
    ZONE = 1
    DEPTH_UM = 2
    SPEED_RPM = 3
    CURRENT_MA = 4
    TEMPERATURE_CC = 5
    BATTERY_PERMILLE = 6


# What a device can measure at all; outside, the message is broken, not the treatment.
_POSSIBLE: Final = {
    Row.DT_MS: (0, 32767),
    Row.ZONE: (IN_THE_AIR, LAST_ZONE),
    Row.DEPTH_UM: (-1000, 5000),
    Row.SPEED_RPM: (0, 32767),
    Row.CURRENT_MA: (0, 32767),
    Row.TEMPERATURE_CC: (-4000, 15000),
    Row.BATTERY_PERMILLE: (0, 1000),
}
LEAST = np.array([_POSSIBLE[row][0] for row in Row], dtype=np.int16)
MOST = np.array([_POSSIBLE[row][1] for row in Row], dtype=np.int16)


class Impossible(ValueError):
    """A batch that no device can have measured.  `reason` is a stable code."""

    def __init__(self, reason: str, detail: str) -> None:
        """Keep the code beside the sentence."""
        super().__init__(detail)
        self.reason = reason


def require_lately(t0: datetime, now: datetime) -> None:
    """Raise Impossible for a wild clock, or readings that waited too long."""
    if t0 > now + LATEST:
        raise Impossible("far_future", "t0 lies in the future.")
    if t0 < now - EARLIEST:
        raise Impossible("too_old", f"t0 is more than {EARLIEST.days} days ago.")


def can_be_from(t0: datetime, now: datetime) -> datetime | None:
    """Return from when on readings of a clock that is ahead are no longer of the future.

    They are history then, five minutes old.  None: no clock is so far ahead.
    """
    return t0 + LATEST if now + LATEST < t0 < now + LONGEST_AHEAD else None


def nearest_possible(samples: Samples) -> Samples:
    """Return samples within what a device can measure: what is too much is still much."""
    found: Samples = samples.clip(LEAST[:, None], MOST[:, None])
    return found


def require_possible(samples: Samples) -> None:
    """Raise Impossible for figures out of their range, or time that runs back."""
    wrong = (samples.min(axis=1) < LEAST) | (samples.max(axis=1) > MOST)
    if wrong.any():
        names = ", ".join(Row(int(row)).name.lower() for row in np.flatnonzero(wrong))
        raise Impossible("out_of_range", f"No device measures such values: {names}.")
    if (np.diff(samples[Row.DT_MS]) < 0).any():
        raise Impossible("time_runs_back", "dt_ms is not ascending.")


@dataclass(frozen=True, slots=True)
class Excess:
    """The worst sample of a batch beyond a limit, and how late the last of them was."""

    zone: int
    value: int
    limit: int | None
    last_at: datetime


def deep_beyond(samples: Samples, limits: Mapping[int, int], t0: datetime) -> Excess | None:
    """Return the deepest excess over the limits (zone -> micrometres), None when there is none.

    Zones without a limit are `out_of_plan`'s to judge.
    """
    limit = _limit_of_each(samples, limits)
    depth = samples[Row.DEPTH_UM]
    beyond = depth > limit
    if not beyond.any():
        return None
    worst = int(np.where(beyond, depth.astype(np.int32) - limit, -1).argmax())
    return _excess(samples, beyond, worst, int(limit[worst]), t0)


def out_of_plan(samples: Samples, limits: Mapping[int, int], t0: datetime) -> Excess | None:
    """Return the deepest needling in a zone that the session has no limit for."""
    beyond = _outside(samples, limits)
    if not beyond.any():
        return None
    worst = np.where(beyond, samples[Row.DEPTH_UM], np.iinfo(np.int16).min).argmax()
    return _excess(samples, beyond, int(worst), None, t0)


def over_limit(samples: Samples, limits: Mapping[int, int]) -> NDArray[np.bool_]:
    """Return for each sample whether it is too deep, or in a zone without a limit."""
    beyond: NDArray[np.bool_] = samples[Row.DEPTH_UM] > _limit_of_each(samples, limits)
    return beyond | _outside(samples, limits)


def above(samples: Samples, row: Row, limit: int, t0: datetime) -> Excess | None:
    """Return the highest value of a row over a limit."""
    beyond = samples[row] > limit
    if not beyond.any():
        return None
    worst = int(samples[row].argmax())
    last = int(np.flatnonzero(beyond)[-1])
    return Excess(
        zone=int(samples[Row.ZONE][worst]),
        value=int(samples[row][worst]),
        limit=limit,
        last_at=moment(samples, last, t0),
    )


def limit_table(limits: Mapping[int, int]) -> Samples:
    """Return the limit of each zone by number, NO_LIMIT where there is none."""
    table = np.full(LAST_ZONE + 1, NO_LIMIT, dtype=np.int16)
    for zone, limit_um in limits.items():
        table[zone] = limit_um
    return table


def needling(samples: Samples) -> NDArray[np.bool_]:
    """Return for each sample, of a batch or of many, whether the needles moved inside the skin."""
    speed, depth = samples[..., Row.SPEED_RPM, :], samples[..., Row.DEPTH_UM, :]
    moves: NDArray[np.bool_] = (speed > 0) & (depth > 0)
    return moves


def moment(samples: Samples, index: int, t0: datetime) -> datetime:
    """Return when a sample was taken, by the device's clock."""
    return t0 + timedelta(milliseconds=int(samples[Row.DT_MS][index]))


def _limit_of_each(samples: Samples, limits: Mapping[int, int]) -> Samples:
    """Return the limit of each sample's zone, NO_LIMIT where there is none."""
    found: Samples = limit_table(limits)[samples[Row.ZONE]]
    return found


def _outside(samples: Samples, limits: Mapping[int, int]) -> NDArray[np.bool_]:
    planned = np.zeros(LAST_ZONE + 1, dtype=bool)
    planned[[IN_THE_AIR, *limits]] = True
    outside: NDArray[np.bool_] = ~planned[samples[Row.ZONE]] & needling(samples)
    return outside


def _excess(
    samples: Samples, beyond: NDArray[np.bool_], worst: int, limit: int | None, t0: datetime
) -> Excess:
    last = int(np.flatnonzero(beyond)[-1])
    return Excess(
        zone=int(samples[Row.ZONE][worst]),
        value=int(samples[Row.DEPTH_UM][worst]),
        limit=limit,
        last_at=moment(samples, last, t0),
    )
