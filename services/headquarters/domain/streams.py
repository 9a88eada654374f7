"""What a live stream carries, and what it may lose when its reader is slow."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from uuid import UUID

HEADQUARTERS = "headquarters"
DESK = "desk"
STREAMS = {HEADQUARTERS: "overview:read", DESK: "appointments:read"}  # and what opens them
TICKET_LIVES = timedelta(seconds=60)
MOST_WAITING = 500  # messages of one reader; newer ones push out older ones
MOST_URGENT = 2000  # alarms are never pushed out; a reader this far behind is sent away


@dataclass(frozen=True, slots=True)
class Message:
    """One event on the stream.  `key` of None: never replaced and never dropped."""

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


@dataclass(frozen=True, slots=True)
class View:
    """What a reader may see: everything, or one clinic's desk."""

    stream: str
    clinic_id: UUID | None

    @classmethod
    def desk(cls, clinic_id: UUID) -> Self:
        """Return the view of one clinic's desk."""
        return cls(DESK, clinic_id)

    def shows(self, message: Message) -> bool:
        """Say whether the message belongs on this stream."""
        if self.stream == HEADQUARTERS:
            return message.event != "appointment"
        return message.clinic_id == self.clinic_id and message.event != "attention"


class Waiting:
    """Messages that wait for one reader: bounded, the newest word on each thing, alarms always."""

    def __init__(self, view: View) -> None:
        """Nothing waits yet."""
        self.view = view
        self.lost = False  # something was pushed out: the reader needs a snapshot
        self.overrun = False  # too many alarms wait: the reader is gone
        self._kept: OrderedDict[str, Message] = OrderedDict()
        self._urgent = 0
        self._unnamed = 0

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._kept)

    def put(self, messages: Iterable[Message]) -> None:
        """Add what this reader may see."""
        for message in messages:
            if self.view.shows(message):
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
