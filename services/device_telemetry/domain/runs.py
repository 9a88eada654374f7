"""A session's readings as a whole: what was delivered in each zone, and what to draw of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.device_telemetry.domain.readings import IN_THE_AIR, Row, Samples, needling

LONGEST_BATCH_MS: Final = 32_767  # what dt_ms can hold
# Of one session: 14 hours at a hundred a second.  Whoever sums it up has all of it in memory.
MOST_SAMPLES: Final = 5_000_000
MOST_BATCHES: Final = 200_000  # each costs more to read than the samples in it
LONGEST_SAMPLE_MS: Final = 1000  # what one sample stands for at most; longer is a pause


@dataclass(frozen=True, slots=True)
class Run:
    """Samples in the order of time: `at_ms` int64 milliseconds since 1970, `samples` (7, n)."""

    at_ms: NDArray[np.int64]
    samples: Samples

    @property
    def n(self) -> int:
        """Return how many samples there are."""
        return int(self.at_ms.size)


@dataclass(frozen=True, slots=True)
class Heads:
    """Batches without their samples, an element each, in the order of time.  Depths are int16."""

    t0_ms: NDArray[np.int64]
    boot_id: NDArray[np.int64]
    seq: NDArray[np.int64]
    n: NDArray[np.int64]
    shallowest: NDArray[np.int16]
    deepest: NDArray[np.int16]

    @property
    def batches(self) -> int:
        """Return how many there are."""
        return int(self.n.size)

    @property
    def samples(self) -> int:
        """Return how many samples they hold."""
        return int(self.n.sum())

    def only(self, chosen: NDArray[Any]) -> "Heads":
        """Return those at the indices, or where the mask is true."""
        return Heads(*(getattr(self, each.name)[chosen] for each in fields(self)))


@dataclass(frozen=True, slots=True)
class Zone:
    """What was delivered in one zone."""

    zone: int
    seconds: int
    samples: int
    depth_min_um: int
    depth_median_um: int
    depth_p95_um: int
    depth_max_um: int
    over_limit_permille: int


def nothing() -> Run:
    """Return a run without samples."""
    return Run(np.empty(0, dtype=np.int64), np.empty((len(Row), 0), dtype=np.int16))


def summarise(run: Run, limits: Mapping[int, int]) -> list[Zone]:
    """Return each needled zone's figures.  A zone without a limit counts as wholly over it."""
    lasted = _lasted_ms(run.at_ms)
    inside = needling(run.samples)
    zones = run.samples[Row.ZONE]
    found = []
    for zone in np.unique(zones[inside]).tolist():
        if zone == IN_THE_AIR:
            continue
        chosen = inside & (zones == zone)
        depth = run.samples[Row.DEPTH_UM][chosen]
        over = int((depth > limits.get(zone, -1)).sum())
        found.append(
            Zone(
                zone=zone,
                seconds=round(int(lasted[chosen].sum()) / 1000),
                samples=int(depth.size),
                depth_min_um=int(depth.min()),
                depth_median_um=_percentile(depth, 50),
                depth_p95_um=_percentile(depth, 95),
                depth_max_um=int(depth.max()),
                over_limit_permille=over * 1000 // int(depth.size),
            )
        )
    return found


def within(run: Run, since_ms: int | None, until_ms: int | None) -> Run:
    """Return the samples from `since_ms` (included) to `until_ms` (not); None: no such bound."""
    first = 0 if since_ms is None else int(np.searchsorted(run.at_ms, since_ms, side="left"))
    end = run.n if until_ms is None else int(np.searchsorted(run.at_ms, until_ms, side="left"))
    return Run(run.at_ms[first:end], run.samples[:, first:end])


def wholly_within(heads: Heads, since_ms: int | None, until_ms: int | None) -> NDArray[np.bool_]:
    """Say of each batch whether all its samples lie in a stretch, as far as its head can tell."""
    inside = np.ones(heads.batches, dtype=np.bool_)
    if since_ms is not None:
        inside &= heads.t0_ms >= since_ms
    if until_ms is not None:
        inside &= heads.t0_ms + LONGEST_BATCH_MS < until_ms
    return inside


def pick(run: Run, points: int) -> Run:
    """Return at most `points` samples: all, or the shallowest and deepest of each stretch.

    Stretches hold equally many samples, so a short excess is never averaged away.
    """
    if run.n <= points:
        return run
    return _extremes(run, _even(run.n, points // 2))


def pick_batches(heads: Heads, points: int) -> tuple[NDArray[np.intp], list[int]]:
    """Choose from heads alone which batches hold the extremes of each stretch of whole batches.

    Returns their indices, ascending and at most `points`, and the moments (milliseconds since
    1970) at which one stretch gives way to the next, for pick_between().
    """
    edges = _even(heads.batches, min(points // 2, heads.batches))
    if not heads.batches:
        return np.empty(0, dtype=np.intp), []
    moments: list[int] = heads.t0_ms[edges[1:-1]].tolist()
    lowest = _first(heads.shallowest, edges, np.minimum)
    return np.union1d(lowest, _first(heads.deepest, edges, np.maximum)), moments


def pick_between(run: Run, moments: Sequence[int]) -> Run:
    """Return the shallowest and deepest sample before, between and after the `moments`."""
    inside = np.searchsorted(run.at_ms, np.array(moments, dtype=np.int64), side="left").tolist()
    return _extremes(run, np.array([0, *inside, run.n], dtype=np.intp))


def merge(one: Run, other: Run) -> Run:
    """Return the samples of both in the order of time."""
    at_ms = np.concatenate([one.at_ms, other.at_ms])
    order = np.argsort(at_ms, kind="stable")
    return Run(at_ms[order], np.concatenate([one.samples, other.samples], axis=1)[:, order])


def _even(n: int, stretches: int) -> NDArray[np.intp]:
    """Return where stretches of equally many begin and end."""
    return np.linspace(0, n, stretches + 1).astype(np.intp)


def _extremes(run: Run, edges: NDArray[np.intp]) -> Run:
    depth = run.samples[Row.DEPTH_UM]
    lowest, highest = _first(depth, edges, np.minimum), _first(depth, edges, np.maximum)
    chosen = np.union1d(lowest, highest)
    return Run(run.at_ms[chosen], run.samples[:, chosen])


def _first(values: Samples, edges: NDArray[np.intp], extreme: np.ufunc) -> NDArray[np.intp]:
    """Return in each stretch that is not empty where its least or greatest value first stands."""
    kept = np.unique(edges)
    if kept.size < 2:  # noqa: PLR2004 # no stretch at all
        return np.empty(0, dtype=np.intp)
    of = np.repeat(np.arange(kept.size - 1), np.diff(kept))
    places = np.flatnonzero(values == extreme.reduceat(values, kept[:-1])[of])
    _, first = np.unique(of[places], return_index=True)
    found: NDArray[np.intp] = places[first]
    return found


def _lasted_ms(at_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how long each sample stands: until the next, at most LONGEST_SAMPLE_MS."""
    if at_ms.size < 2:  # noqa: PLR2004 # no next sample to measure by
        return np.zeros(at_ms.size, dtype=np.int64)
    steps = np.minimum(np.diff(at_ms), LONGEST_SAMPLE_MS)
    return np.append(steps, int(np.median(steps))).astype(np.int64)


def _percentile(values: Samples, percent: int) -> int:
    return int(np.percentile(values, percent, method="higher"))
