"""A session's readings as a whole, and what to draw of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.device_telemetry.domain.readings import Row, Samples

LONGEST_BATCH_MS: Final = 32_767  # what dt_ms can hold
# Of one session: 14 hours at a hundred a second.  Nobody has all of it in memory, but whoever sums
# it up or writes it to a file reads it in one transaction, which lasts seconds.
MOST_SAMPLES: Final = 5_000_000
# Each costs more to read than the samples in it; whoever draws it has a line for each in memory.
MOST_BATCHES: Final = 200_000
_INT2: Final = np.iinfo(np.int16)


@dataclass(frozen=True, slots=True)
class Run:
    """Samples in the order of time: `at_ms` int64 milliseconds since 1970, `samples` (7, n)."""

    at_ms: NDArray[np.int64]
    samples: Samples

    @property
    def n(self) -> int:
        """Return how many samples there are."""
        return int(self.at_ms.size)

    def only(self, chosen: NDArray[Any] | slice) -> "Run":
        """Return those at the indices."""
        return Run(self.at_ms[chosen], self.samples[:, chosen])


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

    def only(self, chosen: NDArray[Any] | slice) -> "Heads":
        """Return those at the indices, or where the mask is true."""
        return Heads(*(getattr(self, each.name)[chosen] for each in fields(self)))

    def parts(self, samples: int) -> Iterator["Heads"]:
        """Yield them in parts of about so many samples together."""
        before = np.cumsum(self.n) - self.n
        of = before // samples
        for number in np.unique(of).tolist():
            yield self.only(of == number)


def nothing() -> Run:
    """Return a run without samples."""
    return Run(np.empty(0, dtype=np.int64), np.empty((len(Row), 0), dtype=np.int16))


def within(run: Run, since_ms: int | None, until_ms: int | None) -> Run:
    """Return the samples from `since_ms` (included) to `until_ms` (not); None: no such bound."""
    first = 0 if since_ms is None else int(np.searchsorted(run.at_ms, since_ms, side="left"))
    end = run.n if until_ms is None else int(np.searchsorted(run.at_ms, until_ms, side="left"))
    return run.only(slice(first, end))


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
    return run.only(_extremes(run, _even(run.n, points // 2)))


def pick_batches(
    heads: Heads, inner: NDArray[np.bool_], points: int
) -> tuple[NDArray[np.intp], list[int]]:
    """Choose from heads alone which `inner` batches hold the extremes of each stretch of batches.

    Returns their indices, ascending and at most `points`, and the moments (milliseconds since
    1970) at which one stretch gives way to the next, for pick_between().  Stretches begin with the
    first inner batch; those of the others that come after it have stretches, too.
    """
    if not heads.batches:
        return np.empty(0, dtype=np.intp), []
    begin = int(inner.argmax())  # 0 where none is
    rest, mine = heads.only(slice(begin, None)), inner[begin:]
    edges = _even(rest.batches, min(points // 2, rest.batches))
    moments: list[int] = rest.t0_ms[edges[1:-1]].tolist()
    lowest = _first(np.where(mine, rest.shallowest, _INT2.max), edges, np.minimum)
    highest = _first(np.where(mine, rest.deepest, _INT2.min), edges, np.maximum)
    chosen = np.union1d(lowest, highest)
    return begin + chosen[mine[chosen]], moments


def affordable(heads: Heads, samples: int) -> int:
    """Return how many of the batches, whichever, hold no more than so many samples together."""
    longest_first = np.sort(heads.n)[::-1]
    return int(np.searchsorted(np.cumsum(longest_first), samples, side="right"))


def pick_between(run: Run, moments: Sequence[int]) -> Run:
    """Return the shallowest and deepest sample before, between and after the `moments`."""
    inside = np.searchsorted(run.at_ms, np.array(moments, dtype=np.int64), side="left").tolist()
    return run.only(_extremes(run, np.array([0, *inside, run.n], dtype=np.intp)))


def merge(one: Run, other: Run) -> Run:
    """Return the samples of both in the order of time."""
    at_ms = np.concatenate([one.at_ms, other.at_ms])
    order = np.argsort(at_ms, kind="stable")
    return Run(at_ms[order], np.concatenate([one.samples, other.samples], axis=1)[:, order])


def _even(n: int, stretches: int) -> NDArray[np.intp]:
    """Return where stretches of equally many begin and end."""
    return np.linspace(0, n, stretches + 1).astype(np.intp)


def _extremes(run: Run, edges: NDArray[np.intp]) -> NDArray[np.intp]:
    depth = run.samples[Row.DEPTH_UM]
    lowest, highest = _first(depth, edges, np.minimum), _first(depth, edges, np.maximum)
    return np.union1d(lowest, highest)


def _first(values: Samples, edges: NDArray[np.intp], extreme: np.ufunc) -> NDArray[np.intp]:
    """Return in each stretch that is not empty where its least or greatest value first stands."""
    kept = np.unique(edges)
    of = np.repeat(np.arange(kept.size - 1), np.diff(kept))
    places = np.flatnonzero(values == extreme.reduceat(values, kept[:-1])[of])
    _, first = np.unique(of[places], return_index=True)
    found: NDArray[np.intp] = places[first]
    return found
