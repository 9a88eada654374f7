"""One reader of the feed for all who look on: what it reads is made into words once.

It reads while somebody looks on and rests otherwise.  It uses only the standard library's threads,
which gevent turns into its own where the live process runs.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from services.headquarters.domain.streams import Message, View, Waiting
from services.headquarters.store import feed
from services.headquarters.usecases import watching
from shared import clock, db, logging
from shared.errors import TooMany, Unavailable

READ_EVERY_S = 0.05
OVERVIEW_EVERY_S = 1.0
REST_AFTER_ERROR_S = 1.0
PATIENCE_S = 5.0
MOST_OF_ONE = 50  # streams of one person; the process carries 500
log = logging.logger("needlepoint.live")


class Seat:
    """One reader's place: what waits for it, and how it is woken."""

    def __init__(self, view: View, reader: UUID | None) -> None:
        """Nothing waits yet."""
        self.reader = reader
        self.waiting = Waiting(view)
        self.wake = threading.Condition()
        self.position = 0  # up to here, all that this reader may see has been put

    def take(self, timeout_s: float) -> tuple[list[Message], int, bool]:
        """Wait for messages.  Return them, the position reached, and whether some were lost."""
        with self.wake:
            if not len(self.waiting):
                self.wake.wait(timeout_s)
            lost, self.waiting.lost = self.waiting.lost, False
            return self.waiting.take(), self.position, lost


class Hub:
    """Reads the feed and hands each message to the seats that may see it."""

    def __init__(self) -> None:
        """Rest until somebody looks on."""
        self.stopping = False
        self._seats: set[Seat] = set()
        self._lock = threading.Lock()
        self._reader: threading.Thread | None = None
        self._numbers_due = False
        self._began = threading.Event()

    @contextmanager
    def seat(self, view: View, reader: UUID | None = None) -> Iterator[Seat]:
        """Give a reader a place for as long as it looks on.

        From then on nothing is missed: what was appended before is in the snapshot that is read
        inside.  Raises Unavailable when the feed cannot be read.
        """
        seat = Seat(view, reader)
        with self._lock:
            self._seats.add(seat)
            if self._reader is None or not self._reader.is_alive():
                self._began.clear()
                self._reader = threading.Thread(target=self._read, name="feed", daemon=True)
                self._reader.start()
        try:
            if not self._began.wait(PATIENCE_S):
                raise Unavailable("The live picture cannot be read at the moment.", retry_after_s=2)
            yield seat
        finally:
            with self._lock:
                self._seats.discard(seat)

    @property
    def readers(self) -> int:
        """Return how many look on."""
        return len(self._seats)

    def require_room(self, reader: UUID) -> None:
        """Raise TooMany for a person who looks on so often that nobody else could."""
        with self._lock:
            theirs = sum(seat.reader == reader for seat in self._seats)
        if theirs >= MOST_OF_ONE:
            raise TooMany("You look on in too many windows. Close some.", retry_after_s=30)

    def _read(self) -> None:
        """Read until nobody looks on any more."""
        position: int | None = None
        numbers_at = 0.0
        while self._goes_on():
            try:
                with db.transaction(db.EVERY_CLINIC) as tx:
                    if position is None:
                        _, position = feed.ends(tx)
                        self._began.set()
                    entries = feed.since(tx, position, limit=watching.READ_AT_ONCE)
                    messages = watching.told(tx, entries, clock.now()) if entries else []
                    self._numbers_due = self._numbers_due or bool(entries)
                    position = entries[-1]["position"] if entries else position
                    if self._numbers_due and time.monotonic() - numbers_at >= OVERVIEW_EVERY_S:
                        messages.append(watching.numbers(tx, position, clock.now()))
                        self._numbers_due, numbers_at = False, time.monotonic()
            except Exception as error:  # noqa: BLE001 # whatever happens, those who look on need it
                log.warning("feed cannot be read", reason=type(error).__name__)
                time.sleep(REST_AFTER_ERROR_S)
                continue
            self._hand_out(messages, position)
            if len(entries) < watching.READ_AT_ONCE:
                time.sleep(READ_EVERY_S)

    def _goes_on(self) -> bool:
        with self._lock:
            if self._seats and not self.stopping:
                return True
            self._reader = None
            return False

    def _hand_out(self, messages: list[Message], position: int) -> None:
        with self._lock:
            seats = list(self._seats)
        for seat in seats:
            with seat.wake:
                seat.waiting.put(messages)
                seat.position = position
                if len(seat.waiting):
                    seat.wake.notify()
