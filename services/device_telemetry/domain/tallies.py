"""What was delivered in each zone of a session, counted part by part: no sample is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.device_telemetry.domain.readings import IN_THE_AIR, Row, needling
from services.device_telemetry.domain.runs import Run, nothing

LONGEST_SAMPLE_MS: Final = 1000  # what one sample stands for at most; longer is a pause
_DEPTHS: Final = np.iinfo(np.int16).max + 1  # needles in skin are deeper than nothing

_Counts = NDArray[np.int64]


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


class Tally:
    """Counts how many samples of each zone were how deep, and how long they stood.

    A sample stands until the next one of any zone, at most LONGEST_SAMPLE_MS, and the last of all
    as long as the others usually do.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.first_ms: int | None = None
        self.last_ms: int | None = None
        self._last = nothing()
        self._steps = np.zeros(LONGEST_SAMPLE_MS + 1, dtype=np.int64)
        self._lasted_ms: dict[int, int] = {}
        self._depths: dict[int, _Counts] = {}

    def add(self, run: Run) -> None:
        """Count samples in the order of time.  Those before should end before them.

        What is earlier than the last of those before is counted, but stands for no time.
        """
        if not run.n:
            return
        first_ms, last_ms = int(run.at_ms[0]), int(run.at_ms[-1])
        self.first_ms = first_ms if self.first_ms is None else min(first_ms, self.first_ms)
        self.last_ms = last_ms if self.last_ms is None else max(last_ms, self.last_ms)
        self._add_time(run)
        self._add_depths(run)
        if last_ms == self.last_ms:
            self._last = run.only(slice(-1, None))

    def zones(self, limits: Mapping[int, int]) -> list[Zone]:
        """Return each needled zone's figures.  A zone without a limit counts as wholly over it."""
        found = []
        for zone, depths in sorted(self._depths.items()):
            samples, there = int(depths.sum()), np.flatnonzero(depths)
            over = int(depths[limits.get(zone, -1) + 1 :].sum())
            found.append(
                Zone(
                    zone=zone,
                    seconds=round(self._stood_ms(zone) / 1000),
                    samples=samples,
                    depth_min_um=int(there[0]),
                    depth_median_um=_percentile(depths, 50),
                    depth_p95_um=_percentile(depths, 95),
                    depth_max_um=int(there[-1]),
                    over_limit_permille=over * 1000 // samples,
                )
            )
        return found

    def _add_time(self, run: Run) -> None:
        """Count how long the last sample so far and all but the last of these stand."""
        at_ms = np.concatenate([self._last.at_ms, run.at_ms])
        at_ms = at_ms.clip(at_ms[0])  # that time has been counted
        samples = np.concatenate([self._last.samples, run.samples], axis=1)[:, :-1]
        steps = np.minimum(np.diff(at_ms), LONGEST_SAMPLE_MS)
        self._steps += np.bincount(steps, minlength=self._steps.size)
        inside = needling(samples)
        zones = samples[Row.ZONE]
        for zone in np.unique(zones[inside]).tolist():
            lasted = int(steps[inside & (zones == zone)].sum())
            self._lasted_ms[zone] = self._lasted_ms.get(zone, 0) + lasted

    def _add_depths(self, run: Run) -> None:
        inside = needling(run.samples)
        zones, depths = run.samples[Row.ZONE][inside], run.samples[Row.DEPTH_UM][inside]
        for zone in np.unique(zones[zones != IN_THE_AIR]).tolist():
            counted = np.bincount(depths[zones == zone], minlength=_DEPTHS)
            self._depths[zone] = self._depths.get(zone, 0) + counted

    def _stood_ms(self, zone: int) -> int:
        """Return how long the samples of a zone stood, the last of all as long as is usual."""
        ended_here = bool(needling(self._last.samples)[0]) and self._last.samples[Row.ZONE] == zone
        return self._lasted_ms.get(zone, 0) + (self._usual_ms() if ended_here else 0)

    def _usual_ms(self) -> int:
        """Return the median step in whole milliseconds, 0 when there is none."""
        steps = int(self._steps.sum())
        middle = [_ranked(self._steps, rank) for rank in ((steps - 1) // 2, steps // 2)]
        return sum(middle) // 2 if steps else 0


def _percentile(counts: _Counts, percent: int) -> int:
    """Return a percentile that is one of the values: the next above where it falls between two."""
    return _ranked(counts, -(-(int(counts.sum()) - 1) * percent // 100))


def _ranked(counts: _Counts, rank: int) -> int:
    """Return which value stands at a rank, from 0, when all are put in order."""
    return int(np.searchsorted(np.cumsum(counts), rank, side="right"))
