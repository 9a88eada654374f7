"""One reader of the feed for all who look on: what it reads is made into words once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from services.headquarters.domain.streams import View
from services.headquarters.store import feed
from services.headquarters.usecases import watching
from shared import clock, db, streams
from shared.streams import Seat

READ_EVERY_S = 0.05
OVERVIEW_EVERY_S = 1.0


class Hub(streams.Hub):
    """Reads the feed and hands each message to the seats that may see it."""

    def __init__(self) -> None:
        """Rest until somebody looks on."""
        super().__init__()
        self._position = 0
        self._numbers_due = False
        self._numbers_at = 0.0

    @contextmanager
    def seat(self, view: View, reader: UUID | None = None) -> Iterator[Seat]:
        """Give a reader a place for as long as it looks on.  Raises Unavailable."""
        with self.seated(Seat(lambda said: view.shows(said.event, said.clinic_id), reader)) as seat:
            yield seat

    def begin(self) -> None:
        """Stand at the feed's end: what was appended before is in the snapshots."""
        with db.transaction(db.EVERY_CLINIC) as tx:
            _, self._position = feed.ends(tx)
        self._numbers_at = 0.0

    def turn(self) -> float:
        """Read what was appended, and now and then the seven numbers that it changed."""
        with db.transaction(db.EVERY_CLINIC) as tx:
            entries = feed.since(tx, self._position, limit=watching.READ_AT_ONCE)
            position = entries[-1]["position"] if entries else self._position
            messages = watching.told(tx, entries, clock.now()) if entries else []
            numbers_due = self._numbers_due or bool(entries)
            if shown := numbers_due and time.monotonic() - self._numbers_at >= OVERVIEW_EVERY_S:
                messages.append(watching.numbers(tx, position, clock.now()))
        self._position = position
        self._numbers_due = numbers_due and not shown
        if shown:
            self._numbers_at = time.monotonic()
        self.hand_out(messages, position)
        return READ_EVERY_S if len(entries) < watching.READ_AT_ONCE else 0.0
