"""Readings counted by the minute: sums and extremes that may be added to what is there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from services.device_telemetry.domain.readings import Row, Samples, needling

MINUTE_MS = 60_000
_MINUTES_OF_AN_HOUR = 60

_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """Newly stored batches of equally many samples.

    `device` is an index of the caller's, one for each clinic at which the device was; `t0_ms`
    counts from 1970: one of each a batch.
    """

    device: Sequence[int]
    t0_ms: Sequence[int]
    over_limit: NDArray[np.bool_]  # (batches, n), one flag a sample
    samples: Samples  # (batches, 7, n)


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


@dataclass(frozen=True, slots=True)
class NeedledHour:
    """In which minutes of an hour a device needled."""

    device: int
    hour: int  # hours since 1970
    minutes: int  # bit 0: the first minute


def count(parts: Sequence[Part]) -> list[Minute]:
    """Return the minutes of all parts together, ordered by device and minute.

    That order is also the order of locks, so that two writers never wait for each other.
    """
    if not parts:
        return []
    pieces = np.concatenate([_pieces(part) for part in parts], axis=1)
    pieces = pieces[:, np.lexsort((pieces[1], pieces[0]))]
    starts = (np.diff(pieces[:2]) != 0).any(axis=0)
    first = np.flatnonzero(np.r_[True, starts])
    joined = [
        pieces[:2, first],
        np.add.reduceat(pieces[2:7], first, axis=1),
        np.minimum.reduceat(pieces[7:8], first, axis=1),
        np.maximum.reduceat(pieces[8:], first, axis=1),
    ]
    return [Minute(*column) for column in np.concatenate(joined).T.tolist()]


def one_each(counted: Sequence[Minute], devices: Sequence[UUID]) -> list[Minute]:
    """Return one a device and minute, in this order, also of a device that was at two clinics.

    `devices`: whose each index is, ascending.
    """
    if len(set(devices)) == len(devices):
        return list(counted)
    found: dict[tuple[UUID, int], Minute] = {}
    for each in counted:
        name = devices[each.device], each.minute
        found[name] = _together(found[name], each) if name in found else each
    return [found[name] for name in sorted(found)]


def needled(counted: Sequence[Minute]) -> list[NeedledHour]:
    """Return in which minutes devices needled, ordered by device and hour as count() is."""
    found: dict[tuple[int, int], int] = {}
    for each in counted:
        if each.needling_samples:
            hour, minute = divmod(each.minute, _MINUTES_OF_AN_HOUR)
            found[each.device, hour] = found.get((each.device, hour), 0) | 1 << minute
    return [NeedledHour(device, hour, bits) for (device, hour), bits in found.items()]


def _together(one: Minute, other: Minute) -> Minute:
    return replace(
        one,
        samples=one.samples + other.samples,
        needling_samples=one.needling_samples + other.needling_samples,
        over_limit_samples=one.over_limit_samples + other.over_limit_samples,
        depth_sum=one.depth_sum + other.depth_sum,
        speed_sum=one.speed_sum + other.speed_sum,
        depth_min_um=min(one.depth_min_um, other.depth_min_um),
        depth_max_um=max(one.depth_max_um, other.depth_max_um),
        current_max_ma=max(one.current_max_ma, other.current_max_ma),
        temperature_max_cc=max(one.temperature_max_cc, other.temperature_max_cc),
    )


def _pieces(part: Part) -> _Ints:
    """Return columns as Minute has them: one a batch, or one a sample where a minute ends in it."""
    device, t0 = np.array(part.device, dtype=np.int64), np.array(part.t0_ms, dtype=np.int64)
    minute = (t0[:, None] + part.samples[:, Row.DT_MS]) // MINUTE_MS
    whole = minute[:, 0] == minute[:, -1]
    found = [_figures(device[whole], minute[whole, 0], part.over_limit[whole], part.samples[whole])]
    if not whole.all():
        cut = ~whole
        samples = part.samples[cut].transpose(0, 2, 1).reshape(-1, len(Row), 1)
        over = part.over_limit[cut].reshape(-1, 1)
        devices = np.repeat(device[cut], minute.shape[1])
        found.append(_figures(devices, minute[cut].reshape(-1), over, samples))
    return np.concatenate(found, axis=1)


def _figures(device: _Ints, minute: _Ints, over: NDArray[np.bool_], samples: Samples) -> _Ints:
    depth, speed = samples[:, Row.DEPTH_UM], samples[:, Row.SPEED_RPM]
    return np.stack(
        [
            device,
            minute,
            np.full(len(device), samples.shape[2]),
            needling(samples).sum(axis=1),
            over.sum(axis=1),
            depth.sum(axis=1, dtype=np.int64),
            speed.sum(axis=1, dtype=np.int64),
            depth.min(axis=1),
            depth.max(axis=1),
            samples[:, Row.CURRENT_MA].max(axis=1),
            samples[:, Row.TEMPERATURE_CC].max(axis=1),
        ]
    )
