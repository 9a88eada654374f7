"""Keeping a place for some minutes, and turning it into an appointment.

A hold is an appointment that nobody was promised yet: it takes practitioner, room, device and
client, announces nothing, and stops standing in the way at the moment it expires.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.domain.appointments import (
    HELD_FOR,
    AppointmentUnknown,
    HoldDiffers,
    HoldLapsed,
    wrong_state,
)
from services.booking.domain.changes import Change
from services.booking.store import appointments as store
from services.booking.store import freed, resources
from services.booking.usecases import appointments, places
from services.booking.usecases.appointments import Wanted
from services.booking.usecases.places import Seat
from shared.db import Transaction

BATCH = 100


@dataclass(frozen=True, slots=True)
class Hold:
    """A place as it is asked for; the client may still be unknown.

    Without `expires_at` it is kept for some minutes.  `except_id` is what would be given up for it.
    """

    id: UUID
    clinic_id: UUID
    treatment_id: UUID
    starts_at: datetime
    client_id: UUID | None = None
    practitioner_id: UUID | None = None
    zones: Sequence[str] | None = None  # None: the treatment as a whole
    expires_at: datetime | None = None
    except_id: UUID | None = None


def hold(tx: Transaction, wanted: Hold, change: Change) -> dict[str, Any]:
    """Keep a place until `expires_at`.  Raises as places.settle."""
    question = places.question(
        wanted.clinic_id,
        wanted.treatment_id,
        wanted.starts_at,
        practitioner_id=wanted.practitioner_id,
        client_id=wanted.client_id,
        except_id=wanted.except_id,
        zones=None if wanted.zones is None else tuple(wanted.zones),
    )
    expires_at = wanted.expires_at or change.now + HELD_FOR

    def write(seat: Seat) -> dict[str, Any]:
        held = {
            **seat.facts,
            "id": wanted.id,
            "client_id": wanted.client_id,
            "status": "held",
            "expires_at": expires_at,
            "version": 1,
        }
        store.insert(tx, held)
        store.allocate(tx, wanted.id, seat.taken, now=change.now, expires_at=expires_at)
        _note(tx, held, change)
        return held

    return places.settle(tx, question, change.now, frozenset(), write)


def book(tx: Transaction, held_id: UUID, wanted: Wanted, change: Change) -> dict[str, Any]:
    """Turn a hold into an appointment, which keeps the hold's id.

    Raises HoldLapsed, HoldDiffers, AppointmentUnknown, or as places.settle.
    """
    held = appointments.find(tx, held_id, lock=True)
    _require(held, wanted, change.now)
    question = places.question(
        wanted.clinic_id,
        wanted.treatment_id,
        wanted.starts_at,
        practitioner_id=held["practitioner_id"],
        client_id=wanted.client_id,
        except_id=held_id,
        agreed_at=held["expires_at"] - HELD_FOR,
    )

    def write(seat: Seat) -> dict[str, Any]:
        appointment = {
            **held,
            **seat.facts,
            **seat.terms.facts,
            "client_id": wanted.client_id,
            "status": "booked",
            "expires_at": None,
            "version": held["version"] + 1,
        }
        store.update(tx, appointment)
        return appointments.announced(tx, appointment, seat, change)

    preferred = frozenset({held["room_id"], held["device_id"]})
    return places.settle(tx, question, change.now, preferred, write)


def release(tx: Transaction, clinic_id: UUID, held_id: UUID, change: Change) -> None:
    """Give a hold back: its place is free at once.  One that has lapsed stays as it is.

    Raises AppointmentUnknown or WrongState.
    """
    held = appointments.find(tx, held_id, lock=True)
    if held["clinic_id"] != clinic_id:
        raise AppointmentUnknown("There is no such hold at this clinic.")
    if held["status"] == "lapsed":
        return
    if held["status"] != "held":
        raise wrong_state("be given back", held["status"])
    let_go(tx, held, change)


def lapse(tx: Transaction, now: datetime) -> bool:
    """Free what ran out; say whether there may be more.  For the timer."""
    found = store.run_out(tx, now, BATCH)
    # A booking deletes allocations that ran out, under these locks: two ways to the same rows.
    resources.lock(tx, store.taken_by(tx, found))
    for held_id in found:
        let_go(tx, appointments.find(tx, held_id), Change(None, now))
    return len(found) == BATCH


def let_go(tx: Transaction, held: Mapping[str, Any], change: Change) -> None:
    """End a locked hold and free its place, for who waits for one too."""
    make_way(tx, held, change)
    freed.note(tx, held["clinic_id"], held["starts_at"], held["ends_at"], change.now)


def make_way(tx: Transaction, held: Mapping[str, Any], change: Change) -> None:
    """End a locked hold whose place is taken again in this transaction."""
    lapsed = {**held, "status": "lapsed", "version": held["version"] + 1}
    store.update(tx, lapsed)
    store.release(tx, held["id"])
    _note(tx, lapsed, change)


def _require(held: Mapping[str, Any], wanted: Wanted, now: datetime) -> None:
    """Raise unless the hold still stands, and is for what is wanted."""
    if held["clinic_id"] != wanted.clinic_id:
        raise AppointmentUnknown("There is no such hold at this clinic.")
    if held["status"] != "held" or held["expires_at"] <= now:
        raise HoldLapsed("The place is held no longer. Look for a time again.")
    if (
        held["treatment_id"] != wanted.treatment_id
        or held["starts_at"] != wanted.starts_at
        or held["client_id"] not in {None, wanted.client_id}
        or wanted.practitioner_id not in {None, held["practitioner_id"]}
        or (wanted.zones is not None and set(wanted.zones) != set(held["zones"]))
    ):
        raise HoldDiffers("The hold is for another treatment, zone, time, practitioner or client.")


def _note(tx: Transaction, held: Mapping[str, Any], change: Change) -> None:
    """Write the history; a hold is announced to nobody."""
    told = {"happened": held["status"], "changed": ["status"], **change.told}
    store.note(tx, {**held, **told})
