"""How often one thing may be asked for in a minute, by this process."""

import threading
import time
from collections.abc import Callable, Hashable

from shared.errors import TooMany

_MINUTE_S = 60.0
_MOST_KEYS = 20_000


class Pace:
    """At most `most` a minute for each key; what it remembers is bounded, and ends with the minute.

    Each process counts for itself: a net against a caller that never stops, not a ledger.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Nobody has asked yet."""
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._began = 0.0
        self._asked: dict[Hashable, int] = {}

    def step(self, key: Hashable) -> None:
        """Count one.  Raises TooMany."""
        with self._lock:
            now = self._clock()
            if now - self._began >= _MINUTE_S or len(self._asked) >= _MOST_KEYS:
                self._began, self._asked = now, {}
            asked = self._asked[key] = self._asked.get(key, 0) + 1
            rest = int(_MINUTE_S - (now - self._began)) + 1
        if asked > self._most:
            raise TooMany("That was often. Please wait a minute.", retry_after_s=rest)
