"""What becomes of a place that was offered: taken, declined, or given to the next in line.

An offer is a hold with a name on it.  Locks are taken in one order, the entry, then appointments,
then resources; the entry's lock is that of its offers too.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.domain.appointments import MOVABLE, HoldLapsed
from services.booking.domain.changes import Change
from services.booking.domain.waiting import OfferClosed, OfferUnknown
from services.booking.store import offers as store
from services.booking.store import waiting
from services.booking.usecases import appointments, holds
from services.booking.usecases.appointments import Move, Wanted
from shared.db import Transaction

BATCH = 100
_WHY = "An earlier place from the waiting list."


def accept(tx: Transaction, offer_id: UUID, change: Change) -> dict[str, Any]:
    """Turn the place into an appointment, or move there what the client gives up for it.

    Accepting twice answers the same appointment.  Raises OfferUnknown, OfferClosed, HoldLapsed, or
    as holds.book and appointments.move.
    """
    offer = _locked(tx, offer_id, change)
    if offer["status"] == "accepted":
        return appointments.find(tx, offer["appointment_id"])
    _require_open(offer)
    if offer["expires_at"] <= change.now:
        raise HoldLapsed("The time to answer is over; the place goes to the next in line.")
    booked = _taken(tx, offer, change)
    store.settle(tx, offer_id, "accepted", change, appointment_id=booked["id"])
    waiting.enter(tx, offer["entry_id"], "booked", change.now)
    return booked


def decline(tx: Transaction, offer_id: UUID, change: Change) -> dict[str, Any]:
    """Give the place to the next in line; the client waits on.

    Declining twice changes nothing.  Raises OfferUnknown or OfferClosed.
    """
    offer = _locked(tx, offer_id, change)
    if offer["status"] != "declined":
        _require_open(offer)
        close(tx, offer["entry_id"], "declined", change)
        waiting.enter(tx, offer["entry_id"], "waiting", change.now)
    return find(tx, offer_id)


def close(tx: Transaction, entry_id: UUID, status: str, change: Change) -> None:
    """Settle the offer that a locked entry may have, and free its place."""
    offer_id = store.open_of(tx, entry_id)
    if offer_id is None:
        return
    store.settle(tx, offer_id, status, change)
    hold = appointments.find(tx, offer_id, lock=True)
    if hold["status"] == "held":
        holds.let_go(tx, hold, change)


def settle(tx: Transaction, now: datetime) -> bool:
    """Close offers that ran out, or whose hold was given back or booked at the desk.

    The hold itself lapses like every other.  Say whether there may be more.  For the timer.
    """
    found = store.over(tx, now, BATCH)
    for offer in found:
        hold, by_clock = appointments.find(tx, offer["id"], lock=True), Change(None, now)
        if _booked_at_desk(tx, offer, hold, by_clock):
            continue
        if store.settle(tx, offer["id"], "lapsed", by_clock):
            waiting.enter(tx, offer["entry_id"], "waiting", now)
    return len(found) == BATCH


def find(tx: Transaction, offer_id: UUID) -> dict[str, Any]:
    """Return an offer with its place.  Raises OfferUnknown."""
    found = store.find(tx, offer_id)
    if found is None:
        raise OfferUnknown("There is no such offer.")
    return found


def page(tx: Transaction, entry_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return all that an entry was offered, oldest first; see the store."""
    return store.page(tx, entry_id, binds)


def _locked(tx: Transaction, offer_id: UUID, change: Change) -> dict[str, Any]:
    """Return an offer that nobody else can settle meanwhile; accepted, if the desk booked it."""
    waiting.find(tx, find(tx, offer_id)["entry_id"], lock=True)
    offer = find(tx, offer_id)
    if offer["status"] == "open":
        hold = appointments.find(tx, offer_id)  # read, not locked: that has its order in _taken
        if _booked_at_desk(tx, offer, hold, change):
            return find(tx, offer_id)
    return offer


def _booked_at_desk(
    tx: Transaction, offer: Mapping[str, Any], hold: Mapping[str, Any], change: Change
) -> bool:
    """Settle an offer whose place the desk has booked for the client; say whether it has."""
    if hold["status"] in {"held", "lapsed"}:
        return False
    if store.settle(tx, offer["id"], "accepted", change, appointment_id=hold["id"]):
        waiting.enter(tx, offer["entry_id"], "booked", change.now)
    return True


def _require_open(offer: Mapping[str, Any]) -> None:
    state = offer["status"]
    if state != "open":
        raise OfferClosed(f"The offer is {state}.", state=state)


def _taken(tx: Transaction, offer: Mapping[str, Any], change: Change) -> dict[str, Any]:
    entry = waiting.find(tx, offer["entry_id"]) or {}
    gives_up = entry["appointment_id"]
    ids = sorted({offer["id"], gives_up or offer["id"]})
    locked = {each: appointments.find(tx, each, lock=True) for each in ids}
    hold, old = locked[offer["id"]], locked.get(gives_up)
    if old is None or old["status"] not in MOVABLE:
        wanted = Wanted(
            hold["id"],
            hold["clinic_id"],
            entry["client_id"],
            hold["treatment_id"],
            hold["starts_at"],
            hold["practitioner_id"],
        )
        return holds.book(tx, hold["id"], wanted, change)
    if hold["status"] != "held":
        raise HoldLapsed("The place is held no longer. Look for a time again.")
    holds.make_way(tx, hold, change)
    to = Move(hold["starts_at"], hold["practitioner_id"])
    return appointments.move(tx, old, to, replace(change, reason=_WHY))
