"""Minutes as the bits of one Python integer: bit n is minute n of a window.

A month is 43,200 bits, 5.4 kB; every question about a resource is a handful of operations on them.
"""

from collections.abc import Iterable, Iterator


def span(start: int, end: int) -> int:
    """Return bits `start` up to, not including, `end`; what lies before bit 0 is cut off."""
    start = max(start, 0)
    return ((1 << (end - start)) - 1) << start if end > start else 0


def union(spans: Iterable[tuple[int, int]], origin: int) -> int:
    """Return the bits of absolute spans in a window that begins at minute `origin`.

    First only the bits at which a free stretch turns into a taken one or back, then the parity of
    all bits below each: a fraction of what setting every stretch in a month's integer costs.
    """
    edges: list[int] = []
    reached = 0
    for start, end in sorted(spans):
        at, left = start - origin, end - origin
        if at < reached:  # noqa: PLR1730 # max() takes longer than all the rest of the turn
            at = reached
        if at < left:
            edges += (at, left)
            reached = left
    turns = bytearray((reached >> 3) + 1)
    for edge in edges:
        turns[edge >> 3] ^= 1 << (edge & 7)
    return _parity(int.from_bytes(turns, "little"), reached)


def _parity(bits: int, size: int) -> int:
    """Return, for each of `size` bits, whether an odd number is set up to and with it."""
    width = 1
    while width < size:
        bits ^= bits << width
        width *= 2
    return bits & ((1 << size) - 1)


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
