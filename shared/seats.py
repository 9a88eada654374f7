"""A few seats for what takes long, so that the rest of the process goes on.

For work that holds a thread and a connection while it waits or computes: without a bound, one
caller's repeated requests would take every thread from all others.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Seats:
    """At most `most` at once in this process."""

    def __init__(self, most: int) -> None:
        """All are free."""
        self._free = threading.BoundedSemaphore(most)

    @contextmanager
    def one(self, wait_s: float = 0) -> Iterator[bool]:
        """Yield whether a seat was free within `wait_s`; a seat is given back at the end."""
        seated = self._free.acquire(timeout=wait_s)
        try:
            yield seated
        finally:
            if seated:
                self._free.release()
