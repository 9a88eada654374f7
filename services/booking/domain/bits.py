"""Minutes as the bits of one Python integer: bit n is minute n of a window.

A month is 43,200 bits, 5.4 kB; every question about a resource is a handful of operations on them.
"""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_

_DAY = 1440


def span(start: int, end: int) -> int:
    """Return bits `start` up to, not including, `end`; what lies before bit 0 is cut off."""
    start = max(start, 0)
    return ((1 << (end - start)) - 1) << start if end > start else 0


def union(spans: Iterable[tuple[int, int]], origin: int) -> int:
    """Return the bits of absolute spans in a window that begins at minute `origin`.

    They are gathered day by day: small integers are quicker to change than one of a month.
    """
    days: dict[int, int] = {}
    for start, end in spans:
        at, left = max(start - origin, 0), end - origin
        while at < left:
            day, minute = divmod(at, _DAY)
            length = min(left - at, _DAY - minute)
            days[day] = days.get(day, 0) | ((1 << length) - 1) << minute
            at += length
    return reduce(or_, (found << day * _DAY for day, found in days.items()), 0)


def runs(free: int, length: int) -> int:
    """Return the bits at which at least `length` free bits in a row begin."""
    covered = 1
    while covered * 2 <= length:
        free &= free >> covered
        covered *= 2
    return free & (free >> (length - covered)) if length > covered else free


def positions(mask: int) -> Iterator[int]:
    """Yield the numbers of the set bits, lowest first."""
    digits = f"{mask:b}"[::-1]
    found = digits.find("1")
    while found >= 0:
        yield found
        found = digits.find("1", found + 1)
