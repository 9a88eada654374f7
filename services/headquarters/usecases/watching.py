"""Who may look on, and what they are shown: a ticket, a snapshot, and then what changed."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.headquarters.domain.days import local_day
from services.headquarters.domain.streams import HEADQUARTERS, View
from services.headquarters.store import clinics, feed, things, tickets
from services.headquarters.usecases import picture
from shared import streams
from shared.db import Transaction
from shared.schemas.overview import AlarmView, ClinicRowView, OverviewView, SeenAppointmentView
from shared.streams import TICKET_LIVES, Message, TicketRefused

READ_AT_ONCE = 1000
_ROW, _OVERVIEW = ClinicRowView(), OverviewView()
_ALARM, _APPOINTMENT = AlarmView(), SeenAppointmentView()


def new_ticket(tx: Transaction, view: View, *, staff_id: UUID, now: datetime) -> str:
    """Return a ticket that opens a stream once, within a minute."""
    ticket, sha256 = streams.new_ticket()
    values = {
        "sha256": sha256,
        "staff_id": staff_id,
        "stream": view.stream,
        "of_clinic": view.clinic_id,
        "expires_at": now + TICKET_LIVES,
    }
    tickets.keep(tx, values, now)
    return ticket


def use_ticket(tx: Transaction, ticket: str, view: View, now: datetime) -> UUID:
    """Use a ticket up and return whose it was.  Raises TicketRefused."""
    found = tickets.use(tx, streams.hashed(ticket), now)
    if found is None or View(found["stream"], found["of_clinic"]) != view:
        raise TicketRefused("This ticket does not open the stream. Ask for a new one.")
    reader: UUID = found["staff_id"]
    return reader


def snapshot(tx: Transaction, view: View, now: datetime) -> Message:
    """Return everything that a reader of `view` needs to begin, and the position it holds for."""
    _, position = feed.ends(tx)
    if view.stream == HEADQUARTERS:
        rows = picture.rows(tx, now)
        shown = {
            "overview": _OVERVIEW.dump(picture.overview(rows, now)),
            "clinics": _ROW.dump(sorted(rows, key=lambda row: -row["score"]), many=True),
            "alarms": _ALARM.dump(things.open_alarms(tx), many=True),
        }
    else:
        shown = _desk(tx, view, now)
    return Message(position, "snapshot", _json(shown), view.clinic_id, "snapshot")


def missed(tx: Transaction, view: View, after: int, now: datetime) -> list[Message] | None:
    """Return what a reader has missed since a position; None: too long ago, give a snapshot."""
    first, last = feed.ends(tx)
    if after > last or (after < last and (first is None or first > after + 1)):
        return None
    entries = feed.since(tx, after, limit=READ_AT_ONCE, clinic_id=view.clinic_id)
    if len(entries) == READ_AT_ONCE:
        return None
    return [each for each in told(tx, entries, now) if view.shows(each.event, each.clinic_id)]


def told(tx: Transaction, entries: Sequence[Mapping[str, Any]], now: datetime) -> list[Message]:
    """Return entries of the feed as messages; a clinic that changed often comes once, as it is."""
    messages = []
    changed: dict[UUID, int] = {}
    for entry in entries:
        if entry["kind"] == "clinic":
            changed[entry["clinic_id"]] = entry["position"]
            continue
        key = None if entry["kind"] == "alarm" else f"{entry['kind']} {_id_of(entry['data'])}"
        messages.append(
            Message(entry["position"], entry["kind"], _json(entry["data"]), entry["clinic_id"], key)
        )
    for row in picture.rows(tx, now, changed) if changed else []:
        clinic_id = row["clinic_id"]
        data = _json(_ROW.dump(row))
        messages.append(
            Message(changed[clinic_id], "clinic", data, clinic_id, f"clinic {clinic_id}")
        )
    return sorted(messages, key=lambda message: message.position)


def numbers(tx: Transaction, position: int, now: datetime) -> Message:
    """Return the seven numbers as a message."""
    shown = _OVERVIEW.dump(picture.numbers(tx, now))
    return Message(position, "overview", _json(shown), None, "overview")


def _desk(tx: Transaction, view: View, now: datetime) -> dict[str, Any]:
    clinic_id = view.clinic_id
    if clinic_id is None:
        raise ValueError("A desk belongs to a clinic.")
    rows = picture.rows(tx, now, [clinic_id])
    day = local_day(now, clinics.zone(tx, clinic_id))
    seen = things.appointments_of_day(tx, clinic_id, day) if day else []
    return {
        "clinic": _ROW.dump(rows[0]) if rows else None,
        "appointments": _APPOINTMENT.dump(seen, many=True),
        "alarms": _ALARM.dump(things.open_alarms(tx, clinic_id), many=True),
    }


def _id_of(data: Mapping[str, Any]) -> str:
    return str(data.get("appointment_id") or data.get("id"))


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
