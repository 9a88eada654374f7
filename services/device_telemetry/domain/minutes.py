"""Readings counted by the minute: sums and extremes that may be added to what is there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.device_telemetry.domain.readings import Row, Samples, needling

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Part:
    """A newly stored batch.  `device` is an index of the caller's; `t0_ms` counts from 1970."""

    device: int
    t0_ms: int
    over_limit: NDArray[np.bool_]  # one flag a sample
    samples: Samples


@dataclass(frozen=True, slots=True)
class Minute:
    """What a device did in one minute, or a part of it."""

    device: int
    minute: int  # minutes since 1970
    samples: int
    needling_samples: int
    over_limit_samples: int
    depth_sum: int
    speed_sum: int
    depth_min_um: int
    depth_max_um: int
    current_max_ma: int
    temperature_max_cc: int


def count(parts: Sequence[Part]) -> list[Minute]:
    """Return the minutes of all parts together, ordered by device and minute.

    That order is also the order of locks, so that two writers never wait for each other.
    """
    if not parts:
        return []
    every = np.concatenate([part.samples for part in parts], axis=1)
    sizes = [part.samples.shape[1] for part in parts]
    t0 = np.repeat(np.array([part.t0_ms for part in parts], dtype=np.int64), sizes)
    device = np.repeat(np.array([part.device for part in parts], dtype=np.int64), sizes)
    minute = (t0 + every[Row.DT_MS]) // MINUTE_MS
    over = np.concatenate([part.over_limit for part in parts])
    order = np.lexsort((minute, device))
    device, minute, every, over = device[order], minute[order], every[:, order], over[order]
    first = np.flatnonzero(np.r_[True, (np.diff(device) != 0) | (np.diff(minute) != 0)])
    figures = _figures(every, over, first)
    keys = zip(device[first].tolist(), minute[first].tolist(), strict=True)
    return [Minute(*key, *row) for key, row in zip(keys, figures.T.tolist(), strict=True)]


def _figures(every: Samples, over: NDArray[np.bool_], first: NDArray[np.intp]) -> NDArray[np.int64]:
    wide = every.astype(np.int64)

    def total(values: NDArray[np.int64]) -> NDArray[np.int64]:
        sums: NDArray[np.int64] = np.add.reduceat(values, first)
        return sums

    def most(row: Row) -> NDArray[np.int64]:
        highest: NDArray[np.int64] = np.maximum.reduceat(wide[row], first)
        return highest

    return np.stack(
        [
            total(np.ones(wide.shape[1], dtype=np.int64)),
            total(needling(every).astype(np.int64)),
            total(over.astype(np.int64)),
            total(wide[Row.DEPTH_UM]),
            total(wide[Row.SPEED_RPM]),
            np.minimum.reduceat(wide[Row.DEPTH_UM], first),
            most(Row.DEPTH_UM),
            most(Row.CURRENT_MA),
            most(Row.TEMPERATURE_CC),
        ]
    )
