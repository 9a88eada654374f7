"""Which sample numbers of a stream have arrived, and which are missing.

Covered numbers are half-open ranges (from, to): ascending, apart from each other, none empty.  The
result depends on what arrived and not on the order: reordered and repeated batches change nothing.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from itertools import pairwise
from operator import itemgetter

Range = tuple[int, int]
MOST_RANGES = 10_000  # a stream with more holes is not a device that lost some batches
MOST_HOLES = 20_000  # of a device, in all its boots: fleet pages and the timer count them
MOST_BOOTS = 5_000  # fifty starts a day for as long as streams are kept


class Place(Enum):
    """Where a batch falls."""

    NEW = "new"  # nothing of it has arrived
    HELD = "held"  # all of it has
    OVERLAPS = "overlaps"  # some of it has: batches are frozen, so this cannot be


def place(covered: Sequence[Range], first: int, end: int) -> Place:
    """Say how samples `first` to `end` (not included) lie to what has arrived."""
    at = bisect_right(covered, first, key=itemgetter(0)) - 1
    if at >= 0 and covered[at][0] <= first and end <= covered[at][1]:
        return Place.HELD
    near = covered[max(at, 0) : at + 2]
    touched = any(start < end and first < stop for start, stop in near)
    return Place.OVERLAPS if touched else Place.NEW


def add(covered: Sequence[Range], first: int, end: int) -> list[Range]:
    """Return `covered` with a new range in it, joined to its neighbours."""
    at = bisect_right(covered, first, key=itemgetter(0))
    before, after = list(covered[:at]), list(covered[at:])
    if before and before[-1][1] == first:
        first = before.pop()[0]
    if after and after[0][0] == end:
        end = after.pop(0)[1]
    return [*before, (first, end), *after]


def holes(covered: Sequence[Range]) -> list[Range]:
    """Return what is missing between the first and the last sample that arrived."""
    return [(left[1], right[0]) for left, right in pairwise(covered)]


def since(
    missing: Sequence[Range], known: Mapping[Range, datetime], now: datetime
) -> dict[Range, datetime]:
    """Return since when each hole is open: as long as the hole it is a part of.

    `known` are holes of one moment, so none of them touches another.
    """
    olds = sorted(known)
    found = {}
    for hole in missing:
        at = bisect_right(olds, hole[0], key=itemgetter(0)) - 1
        is_part = at >= 0 and hole[1] <= olds[at][1]
        found[hole] = known[olds[at]] if is_part else now
    return found


def flat(covered: Sequence[Range]) -> list[int]:
    """Return the ranges one after the other, as they are stored."""
    return [number for each in covered for number in each]


def ranges(numbers: Sequence[int]) -> list[Range]:
    """Return what `flat` wrote."""
    return list(zip(numbers[::2], numbers[1::2], strict=True))
