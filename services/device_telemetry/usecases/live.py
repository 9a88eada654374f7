"""Looking on while pens work: the newest word on each, and nothing of what a slow reader missed.

One question every quarter of a second asks for all pens that somebody looks at; while nobody does,
nothing is asked.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.device_telemetry.domain import live as rules
from services.device_telemetry.domain.live import View
from services.device_telemetry.store import devices, live, tickets
from shared import clock, db, streams
from shared.db import Transaction
from shared.schemas.live import PenView
from shared.streams import TICKET_LIVES, Message, Seat, TicketRefused

READ_EVERY_S: Final = 0.25
_PEN: Final = PenView()


class Looking(Seat):
    """The place of somebody who looks at a view."""

    def __init__(self, view: View, reader: UUID | None) -> None:
        """Nothing waits yet."""
        super().__init__(lambda said: view.shows(said.clinic_id, said.key), reader)
        self.view = view


class Hub(streams.Hub):
    """Asks what the pens do that somebody looks at, and tells those of whom something changed."""

    def __init__(self) -> None:
        """Rest until somebody looks on."""
        super().__init__()
        self._turns = 0
        self._known: dict[str, Message] = {}

    @contextmanager
    def seat(self, view: View, reader: UUID | None = None) -> Iterator[Seat]:
        """Give a reader a place for as long as it looks on.  Raises Unavailable."""
        with self.seated(Looking(view, reader)) as seat:
            yield seat

    def begin(self) -> None:
        """Know nothing: the first turn tells everything once more."""
        self._known = {}

    def turn(self) -> float:
        """Ask, and hand out the pens of which something changed."""
        views = {seat.view for seat in self.seats() if isinstance(seat, Looking)}
        with db.transaction(db.EVERY_CLINIC) as tx:
            seen = {said.key: said for said in pens(tx, views, clock.now(), self._turns + 1)}
        self._turns += 1
        fresh = [said for key, said in seen.items() if _is_news(said, self._known.get(str(key)))]
        self._known = {str(key): said for key, said in seen.items()}
        self.hand_out(fresh, self._turns)
        return READ_EVERY_S


def _is_news(said: Message, before: Message | None) -> bool:
    return before is None or (said.data, said.clinic_id) != (before.data, before.clinic_id)


def pens(
    tx: Transaction, views: Sequence[View] | set[View], now: datetime, position: int
) -> list[Message]:
    """Return what the pens of some views do now, a message each."""
    rows = live.pens(
        tx,
        devices={view.device_id for view in views if view.device_id},
        clinics={view.clinic_id for view in views if view.device_id is None},
        since=now - rules.FRESH,
    )
    return [
        Message(position, "pen", _json(_PEN.dump(_shown(row, now))), row["clinic_id"], _key(row))
        for row in rows
    ]


def snapshot(tx: Transaction, view: View, now: datetime) -> Message:
    """Return all that a reader of `view` needs to begin."""
    found = pens(tx, [view], now, 0)
    shown = [said.data for said in found if view.shows(said.clinic_id, said.key)]
    return Message(0, "snapshot", f'{{"pens":[{",".join(shown)}]}}', view.clinic_id, None)


def view_of_device(tx: Transaction, device_id: UUID) -> View:
    """Return the view of one device.  Raises DeviceUnknown for one that the caller cannot see."""
    return View(devices.clinic_of(tx, device_id), device_id)


def new_ticket(tx: Transaction, view: View, *, staff_id: UUID, now: datetime) -> str:
    """Return a ticket that opens a stream once, within a minute."""
    ticket, sha256 = streams.new_ticket()
    values = {
        "sha256": sha256,
        "staff_id": staff_id,
        "of_clinic": view.clinic_id,
        "of_device": view.device_id,
        "expires_at": now + TICKET_LIVES,
    }
    tickets.keep(tx, values, now)
    return ticket


def use_ticket(
    tx: Transaction, ticket: str, now: datetime, *, clinic_id: UUID | None, device_id: UUID | None
) -> tuple[View, UUID]:
    """Use a ticket up and return what it shows, and whose it was.  Raises TicketRefused."""
    found = tickets.use(tx, streams.hashed(ticket), now)
    if (
        found is None
        or found["of_device"] != device_id
        or clinic_id not in {None, found["of_clinic"]}
    ):
        raise TicketRefused("This ticket does not open the stream. Ask for a new one.")
    return View(found["of_clinic"], found["of_device"]), found["staff_id"]


def _shown(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    zones = row["limits"] or []
    limits = {each["zone"]: each["limit_um"] for each in zones} if row["of_session"] else None
    return {
        **row,
        "limits": zones,
        "alarms": row["alarms"] or [],
        "reading": rules.reading(row["latest"], row["latest_at"], limits, now),
    }


def _key(row: Mapping[str, Any]) -> str:
    return str(row["device_id"])


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
