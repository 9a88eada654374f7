"""Minutes as the bits of one Python integer: bit n is minute n of a window.

A month is 43,200 bits, 5.4 kB; every question about a resource is a handful of operations on them.
"""

from collections.abc import Iterable, Iterator
from itertools import compress, count


def span(start: int, end: int) -> int:
    """Return bits `start` up to, not including, `end`; what lies before bit 0 is cut off."""
    start = max(start, 0)
    return ((1 << (end - start)) - 1) << start if end > start else 0


def union(spans: Iterable[tuple[int, int]], origin: int) -> int:
    """Return the bits of absolute spans in a window that begins at minute `origin`."""
    found = 0
    for start, end in spans:
        found |= span(start - origin, end - origin)
    return found


def runs(free: int, length: int) -> int:
    """Return the bits at which at least `length` free bits in a row begin."""
    covered = 1
    while covered * 2 <= length:
        free &= free >> covered
        covered *= 2
    return free & (free >> (length - covered)) if length > covered else free


def positions(mask: int) -> Iterator[int]:
    """Yield the numbers of the set bits, lowest first."""
    return compress(count(), map(int, reversed(f"{mask:b}")))
