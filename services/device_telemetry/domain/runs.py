"""A session's readings as a whole: what was delivered in each zone, and what to draw of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.device_telemetry.domain.readings import IN_THE_AIR, Row, Samples, needling

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


def join(batches: Sequence[tuple[int, Samples]]) -> Run:
    """Return batches (t0 in milliseconds, samples) as one run."""
    if not batches:
        empty = np.empty((len(Row), 0), dtype=np.int16)
        return Run(np.empty(0, dtype=np.int64), empty)
    samples = np.concatenate([each for _, each in batches], axis=1)
    at_ms = np.concatenate([t0 + each[Row.DT_MS].astype(np.int64) for t0, each in batches])
    order = np.argsort(at_ms, kind="stable")
    return Run(at_ms[order], samples[:, order])


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


def pick(run: Run, points: int) -> NDArray[np.intp]:
    """Return the indices of at most `points` samples: the shallowest and deepest of each stretch.

    Stretches hold equally many samples, so a short excess is never averaged away.
    """
    if run.n <= points:
        return np.arange(run.n)
    depth = run.samples[Row.DEPTH_UM]
    edges = np.linspace(0, run.n, points // 2 + 1).astype(np.intp)
    chosen: set[int] = set()
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        part = depth[start:end]
        chosen.update((start + int(part.argmin()), start + int(part.argmax())))
    return np.array(sorted(chosen), dtype=np.intp)


def _lasted_ms(at_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how long each sample stands: until the next, at most LONGEST_SAMPLE_MS."""
    if at_ms.size < 2:  # noqa: PLR2004 # no next sample to measure by
        return np.zeros(at_ms.size, dtype=np.int64)
    steps = np.minimum(np.diff(at_ms), LONGEST_SAMPLE_MS)
    return np.append(steps, int(np.median(steps))).astype(np.int64)


def _percentile(values: Samples, percent: int) -> int:
    return int(np.percentile(values, percent, method="higher"))
