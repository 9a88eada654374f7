"""Batches of equally many samples, looked at together: they share what a look costs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.device_telemetry.domain.readings import (
    IN_THE_AIR,
    LEAST,
    MOST,
    NO_LIMIT,
    Row,
    Samples,
    limit_table,
    needling,
)

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Block:
    """Some batches, one above the other.  `samples` is int16 of shape (batches, 7, n)."""

    samples: Samples
    low: Samples  # (batches, 7), the least of each row
    high: Samples
    needling: Flags  # (batches, n)

    @classmethod
    def of(cls, batches: Sequence[Samples]) -> Self:
        """Return batches of equally many samples as one block."""
        n = batches[0].shape[1]
        samples = np.concatenate(batches).reshape(len(batches), len(Row), n)
        return cls(samples, samples.min(axis=2), samples.max(axis=2), needling(samples))

    def row(self, row: Row) -> Samples:
        """Return one row of every batch: (batches, n)."""
        return self.samples[:, row]

    def possible(self) -> Flags:
        """Say of each batch whether `readings.require_possible` lets its figures pass."""
        inside = every((self.low >= LEAST) & (self.high <= MOST))
        return inside & every(np.diff(self.row(Row.DT_MS)) >= 0)

    def over_limit(self, limits: Sequence[Mapping[int, int] | None]) -> Flags:
        """Return `readings.over_limit` of each batch, (batches, n); None: it has no limits yet."""
        different = {id(each): each for each in limits}
        tables = np.stack([limit_table(each or {}) for each in different.values()])
        numbers = {identity: number for number, identity in enumerate(different)}
        table = np.array([numbers[id(each)] for each in limits])
        limit = tables[table[:, None], self.row(Row.ZONE)]
        in_plan = (limit < NO_LIMIT) | (self.row(Row.ZONE) == IN_THE_AIR)
        over: Flags = (self.row(Row.DEPTH_UM) > limit) | (~in_plan & self.needling)
        over[[each is None for each in limits]] = False
        return over


def some(flags: Flags) -> Flags:
    """Say of each batch whether one of its flags is set."""
    found: Flags = np.logical_or.reduce(flags, axis=1)
    return found


def every(flags: Flags) -> Flags:
    """Say of each batch whether all of its flags are set."""
    found: Flags = np.logical_and.reduce(flags, axis=1)
    return found


def by_size(batches: Sequence[Samples]) -> Iterator[list[int]]:
    """Yield the numbers of the batches that have equally many samples."""
    found: dict[int, list[int]] = {}
    for number, samples in enumerate(batches):
        found.setdefault(samples.shape[1], []).append(number)
    yield from found.values()


def possible(batches: Sequence[Samples]) -> list[bool]:
    """Say of each batch whether a device can have measured its figures."""
    found = [False] * len(batches)
    for numbers in by_size(batches):
        block = Block.of([batches[number] for number in numbers])
        for number, is_possible in zip(numbers, block.possible().tolist(), strict=True):
            found[number] = is_possible
    return found
