"""Putting several appointments elsewhere in one call: all of them or none.

The appointments are locked first, in the order of their ids, then everything they could take, in
the fixed order; then they leave their places together, so that two can change places.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.domain import appointments as appointment_rules
from services.booking.domain import refusals
from services.booking.domain import replans as rules
from services.booking.domain.appointments import (
    MOVABLE,
    UPCOMING,
    AppointmentUnknown,
    Overtaken,
    too_contended,
)
from services.booking.domain.availability import Board
from services.booking.domain.changes import Change
from services.booking.domain.disruptions import unmended
from services.booking.domain.replans import Promises, ReplanRefused
from services.booking.store import appointments as store
from services.booking.store import disruptions as disruptions_store
from services.booking.store import recoveries, resources
from services.booking.usecases import (
    alternatives,
    announcements,
    appointments,
    availability,
    places,
)
from services.booking.usecases.course_moves import warnings
from services.booking.usecases.places import Seat
from shared.db import Transaction
from shared.errors import DomainError, Precondition

MOST = 50  # appointments in one call
ATTEMPTS = 5  # everything is locked first: only another clinic's practitioner can be lost
_TOLD = ("room_id", "device_id", "disrupted")
_SWAPPED = ("room_id", "device_id", "room_name")


@dataclass(frozen=True, slots=True)
class Item:
    """Where one appointment shall go; `version` is the one that was seen.

    `swap` stays at its time and with its practitioner, in another room or with another device.
    `room_id` and `device_id` are taken when they are free, others otherwise.
    """

    appointment_id: UUID
    version: int
    starts_at: datetime | None = None
    practitioner_id: UUID | None = None
    room_id: UUID | None = None
    device_id: UUID | None = None
    swap: bool = False


def replan(
    tx: Transaction, clinic_id: UUID, items: Sequence[Item], change: Change
) -> list[dict[str, Any]]:
    """Put every appointment where its item says; return what became of each, in the same order.

    Raises ReplanRefused with a result for each when one cannot go, TooContended.
    """
    known = _locked(tx, clinic_id, items)
    refused = {item.appointment_id: error for item in items if (error := _unfit(item, known))}
    if refused:
        raise _refusal(items, refused)
    wanted = [(item, known[item.appointment_id]) for item in items]
    for _ in range(ATTEMPTS):
        try:
            with store.attempt(tx):
                return _all(tx, clinic_id, wanted, change)
        except Overtaken:
            continue
    raise too_contended()


def proposed(
    tx: Transaction, clinic_id: UUID, ids: Sequence[UUID], now: datetime
) -> list[dict[str, Any]]:
    """Return the best place for each appointment; no two of them collide.  Nothing changes."""
    beside, results = Promises(), []
    for appointment_id in ids:
        try:
            results.append(_proposal(tx, clinic_id, appointment_id, now, beside))
        except DomainError as refused:
            results.append(_result(appointment_id, "refused", refused))
    return results


def _proposal(
    tx: Transaction, clinic_id: UUID, appointment_id: UUID, now: datetime, beside: Promises
) -> dict[str, Any]:
    current = appointments.find(tx, appointment_id)
    if current["clinic_id"] != clinic_id:
        raise AppointmentUnknown("There is no such appointment.")
    found, seats = alternatives.seats(tx, current, 1, now, beside)
    if not found:
        return _result(appointment_id, "nothing_free")
    beside.add(seats[0].taken, seats[0].starts_at, seats[0].situation)
    shown = alternatives.shown(current, found[0])
    return _result(appointment_id, "proposed") | {"proposal": shown}


def _locked(tx: Transaction, clinic_id: UUID, items: Sequence[Item]) -> dict[UUID, dict[str, Any]]:
    """Return the clinic's appointments among the items, locked in the order of their ids."""
    disruptions_store.lock(tx, [item.appointment_id for item in items])
    found = (store.find(tx, item.appointment_id) for item in items)
    return {each["id"]: each for each in found if each and each["clinic_id"] == clinic_id}


def _unfit(item: Item, known: Mapping[UUID, Mapping[str, Any]]) -> DomainError | None:
    """Return why an item cannot even be tried."""
    current = known.get(item.appointment_id)
    if current is None or current["status"] in {"held", "lapsed"}:
        return AppointmentUnknown("There is no such appointment.")
    if current["version"] != item.version:
        return Precondition(
            "Somebody changed this meanwhile. Load it again.", version=current["version"]
        )
    if current["status"] not in (UPCOMING if _stays(item, current) else MOVABLE):
        return appointment_rules.wrong_state("move", current["status"])
    return None


def _stays(item: Item, current: Mapping[str, Any]) -> bool:
    """Say whether time and practitioner stay: then only room and device may change."""
    return item.swap or (
        item.starts_at in {None, current["starts_at"]}
        and item.practitioner_id in {None, current["practitioner_id"]}
    )


def _all(
    tx: Transaction,
    clinic_id: UUID,
    wanted: Sequence[tuple[Item, Mapping[str, Any]]],
    change: Change,
) -> list[dict[str, Any]]:
    """Lock, free and take.  Raises ReplanRefused or Overtaken."""
    people = {item.practitioner_id or current["practitioner_id"] for item, current in wanted}
    clients = {current["client_id"] for _, current in wanted}
    resources.lock(tx, [*people, *clients, *resources.things(tx, clinic_id)])
    for item, current in wanted:
        store.release(tx, current["id"])
        if not _stays(item, current):
            recoveries.release(tx, current["id"])
    results: list[dict[str, Any]] = []
    refused: dict[UUID, DomainError] = {}
    for item, current in wanted:
        try:
            results.append(_one(tx, item, current, change))
        except DomainError as error:
            refused[item.appointment_id] = error
    if refused:
        raise _refusal([item for item, _ in wanted], refused)
    return [_with_warnings(tx, each) for each in results]


def _with_warnings(tx: Transaction, result: dict[str, Any]) -> dict[str, Any]:
    """Add what of a course is no longer as wished, once everything is where it goes."""
    moved = result["outcome"] == "moved"
    return result | {"course_warnings": warnings(tx, result["appointment"]) if moved else []}


def _one(tx: Transaction, item: Item, current: Mapping[str, Any], change: Change) -> dict[str, Any]:
    seat = _seat(tx, item, current, change.now)
    if not _stays(item, current):
        moved = appointments.relocated(tx, current, seat, change.now)
        appointments.announce_move(tx, current, moved, change)
        return _result(current["id"], "moved") | {"appointment": moved}
    store.allocate(tx, current["id"], seat.taken, now=change.now)
    if alternatives.held_by(current).same_things(seat.place):
        return _result(current["id"], "unchanged") | {"appointment": dict(current)}
    swapped = {**current, **{name: seat.facts[name] for name in _SWAPPED}}
    swapped["disrupted"] = unmended(current["disrupted"])
    swapped["version"] += 1
    store.update(tx, swapped)
    changed = [name for name in _TOLD if swapped[name] != current[name]]
    announcements.appointment(tx, swapped, "changed", changed, change)
    return _result(current["id"], "swapped") | {"appointment": swapped}


def _seat(tx: Transaction, item: Item, current: Mapping[str, Any], now: datetime) -> Seat:
    """Return the seat that an item asks for.  Raises one of domain.refusals, or as look."""
    starts_at = current["starts_at"] if item.swap else item.starts_at or current["starts_at"]
    person = None if item.swap else item.practitioner_id
    question = places.another_for(current, starts_at, person or current["practitioner_id"])
    situation, indication = availability.look(tx, question, now)
    its_time = starts_at == current["starts_at"]
    if its_time:
        situation = rules.at_its_time(alternatives.held_by(current), situation)
    board = Board(situation)
    reasons = board.reasons(starts_at)
    if against := rules.standing(reasons) if its_time else reasons:
        raise refusals.error(situation, starts_at, against)
    preferred = frozenset(
        {item.room_id or current["room_id"], item.device_id or current["device_id"]}
    )
    return Seat(situation, indication, board.place(starts_at, preferred), starts_at)


def _refusal(items: Sequence[Item], refused: Mapping[UUID, DomainError]) -> ReplanRefused:
    results = [
        _result(
            item.appointment_id,
            "refused" if item.appointment_id in refused else "possible",
            refused.get(item.appointment_id),
        )
        for item in items
    ]
    many = f"{len(refused)} of {len(items)} appointments" if len(items) > 1 else "The appointment"
    first = next(iter(refused.values()))
    return ReplanRefused(
        f"{many} cannot be re-planned, so nothing changed. {first}", results=results
    )


def _result(
    appointment_id: UUID, outcome: str, refused: DomainError | None = None
) -> dict[str, Any]:
    problem = None
    if refused is not None:
        problem = {"type": refused.type, "title": refused.title, "detail": str(refused)}
        problem |= refused.members
    return {"appointment_id": appointment_id, "outcome": outcome, "problem": problem}
