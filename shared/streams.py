"""Live streams of server-sent events: what waits for a reader, and the one source that feeds them.

Only the standard library's threads are used, which gevent turns into its own where a live process
runs.  How a stream is opened and framed in time is `shared/http/streams.py`.
"""

import hashlib
import secrets
import threading
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from shared import logging
from shared.errors import TooMany, Unauthenticated, Unavailable

TICKET_LIVES = timedelta(seconds=60)
MOST_WAITING = 500  # messages of one reader; newer ones push out older ones
MOST_URGENT = (
    2000  # those without a key are never pushed out; a reader this far behind is sent away
)
REST_AFTER_ERROR_S = 1.0
PATIENCE_S = 5.0
MOST_OF_ONE = 50  # streams of one person; a process carries 500
log = logging.logger("needlepoint.live")


class TicketRefused(Unauthenticated):
    """The ticket was used, is too old, or opens another stream."""

    type = "ticket-refused"
    title = "Ask for a new ticket"


def new_ticket() -> tuple[str, bytes]:
    """Return a ticket of 256 random bits, and the hash under which it is kept."""
    ticket = secrets.token_urlsafe(32)
    return ticket, hashed(ticket)


def hashed(ticket: str) -> bytes:
    """Return the hash under which a ticket is kept."""
    return hashlib.sha256(ticket.encode()).digest()


@dataclass(frozen=True, slots=True)
class Message:
    """One event on a stream.  `key` of None: never replaced and never dropped."""

    position: int
    event: str
    data: str  # JSON, made once for all readers
    clinic_id: UUID | None
    key: str | None

    def framed(self) -> bytes:
        """Return the message as server-sent event."""
        return frame(self.event, self.data, self.position)


def frame(event: str, data: str, position: int) -> bytes:
    """Return a server-sent event.  JSON holds no line break, so one data line is enough."""
    return f"id: {position}\nevent: {event}\ndata: {data}\n\n".encode()


class Waiting:
    """Messages that wait for one reader: bounded, the newest word on each thing, alarms always."""

    def __init__(self, shows: Callable[[Message], bool]) -> None:
        """Nothing waits yet; `shows` says what belongs on the reader's stream."""
        self.lost = False  # something was pushed out: the reader needs a snapshot
        self.overrun = False  # too many alarms wait: the reader is gone
        self._shows = shows
        self._kept: OrderedDict[str, Message] = OrderedDict()
        self._urgent = 0
        self._unnamed = 0

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._kept)

    def put(self, messages: Iterable[Message]) -> None:
        """Add what this reader may see."""
        for message in messages:
            if self._shows(message):
                self._add(message)

    def take(self) -> list[Message]:
        """Return what waits, in the order of positions, and forget it."""
        taken = list(self._kept.values())
        self._kept.clear()
        self._urgent = 0
        return taken

    def _add(self, message: Message) -> None:
        if message.key is None:
            self._unnamed += 1
            self._urgent += 1
            self.overrun = self.overrun or self._urgent > MOST_URGENT
            self._kept[f"!{self._unnamed}"] = message
            return
        self._kept.pop(message.key, None)
        self._kept[message.key] = message
        if len(self._kept) - self._urgent > MOST_WAITING:
            oldest = next(key for key in self._kept if not key.startswith("!"))
            del self._kept[oldest]
            self.lost = True


class Seat:
    """One reader's place: what waits for it, and how it is woken."""

    def __init__(self, shows: Callable[[Message], bool], reader: UUID | None) -> None:
        """Nothing waits yet."""
        self.reader = reader
        self.waiting = Waiting(shows)
        self.wake = threading.Condition()
        self.position = 0  # up to here, all that this reader may see has been put

    def take(self, timeout_s: float) -> tuple[list[Message], int, bool]:
        """Wait for messages.  Return them, the position reached, and whether some were lost."""
        with self.wake:
            if not len(self.waiting):
                self.wake.wait(timeout_s)
            lost, self.waiting.lost = self.waiting.lost, False
            return self.waiting.take(), self.position, lost


class Hub(ABC):
    """One reader of a source for all who look on; it rests while nobody does.

    What it reads is made into words once, and handed to each seat that may see it.
    """

    def __init__(self) -> None:
        """Rest until somebody looks on."""
        self.stopping = False
        self.began = threading.Event()  # the source can be read: set by `begin`'s first success
        self._seats: set[Seat] = set()
        self._lock = threading.Lock()
        self._reader: threading.Thread | None = None

    @abstractmethod
    def begin(self) -> None:
        """Get ready to read from now on: somebody looks on after nobody did."""

    @abstractmethod
    def turn(self) -> float:
        """Read once and hand out what is new; return the seconds to rest before the next turn."""

    @contextmanager
    def seated(self, seat: Seat) -> Iterator[Seat]:
        """Keep a reader's place for as long as it looks on.

        From then on nothing is missed: what was there before is in the snapshot that is read
        inside.  Raises Unavailable when the source cannot be read.
        """
        with self._lock:
            self._seats.add(seat)
            if self._reader is None or not self._reader.is_alive():
                self.began.clear()
                self._reader = threading.Thread(target=self._read, name="feed", daemon=True)
                self._reader.start()
        try:
            if not self.began.wait(PATIENCE_S):
                raise Unavailable("The live picture cannot be read at the moment.", retry_after_s=2)
            yield seat
        finally:
            with self._lock:
                self._seats.discard(seat)

    @property
    def readers(self) -> int:
        """Return how many look on."""
        return len(self._seats)

    def seats(self) -> list[Seat]:
        """Return who looks on now."""
        with self._lock:
            return list(self._seats)

    def require_room(self, reader: UUID) -> None:
        """Raise TooMany for a person who looks on so often that nobody else could."""
        with self._lock:
            theirs = sum(seat.reader == reader for seat in self._seats)
        if theirs >= MOST_OF_ONE:
            raise TooMany("You look on in too many windows. Close some.", retry_after_s=30)

    def hand_out(self, messages: list[Message], position: int) -> None:
        """Give each seat what it may see; those who got something are woken."""
        for seat in self.seats():
            with seat.wake:
                seat.waiting.put(messages)
                seat.position = position
                if len(seat.waiting):
                    seat.wake.notify()

    def _read(self) -> None:
        """Read until nobody looks on any more."""
        while self._goes_on():
            try:
                if not self.began.is_set():
                    self.begin()
                    self.began.set()
                rest = self.turn()
            except Exception as error:  # noqa: BLE001 # whatever happens, those who look on need it
                log.warning("feed cannot be read", reason=type(error).__name__)
                rest = REST_AFTER_ERROR_S
            if rest:
                time.sleep(rest)

    def _goes_on(self) -> bool:
        with self._lock:
            if self._seats and not self.stopping:
                return True
            self._reader = None
            return False
