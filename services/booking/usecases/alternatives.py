"""Where else an appointment could take place, best first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.domain import appointments as appointment_rules
from services.booking.domain import replans as rules
from services.booking.domain.appointments import MOVABLE, UPCOMING
from services.booking.domain.replans import Alternative, Held, Promises
from services.booking.usecases import appointments, availability
from services.booking.usecases.availability import Question
from services.booking.usecases.places import Seat
from shared.db import Transaction


def of(
    tx: Transaction, appointment_id: UUID, limit: int, now: datetime
) -> tuple[dict[str, Any], list[Alternative]]:
    """Return the appointment, and up to `limit` places for it, in the order of domain.replans.

    Raises AppointmentUnknown, WrongState, or as availability.look.
    """
    current = appointments.find(tx, appointment_id)
    found, _ = seats(tx, current, limit, now, Promises())
    return current, found


def seats(
    tx: Transaction, current: Mapping[str, Any], limit: int, now: datetime, beside: Promises
) -> tuple[list[Alternative], list[Seat]]:
    """Return places for an appointment that collide with nothing in `beside`, and their seats.

    A week to each side is looked at, and three when that does not give enough.  Raises WrongState,
    or as availability.look.
    """
    if current["status"] not in UPCOMING:
        raise appointment_rules.wrong_state("move", current["status"])
    held, movable = held_by(current), current["status"] in MOVABLE
    found: list[Alternative] = []
    for reach in rules.REACH:
        begins, ends = rules.around(held, reach, now)
        question = Question(
            current["clinic_id"],
            current["treatment_id"],
            begins,
            ends,
            client_id=current["client_id"],
            except_id=current["id"],
        )
        looked, indication = availability.look(tx, question, now)
        situation = beside.kept_in(looked)
        found = rules.alternatives(held, situation, limit, movable=movable)
        if len(found) >= limit or not movable:
            break
    seated = [
        Seat(
            rules.at_its_time(held, situation) if each.starts_at == held.starts_at else situation,
            indication,
            each.place,
            each.starts_at,
        )
        for each in found
    ]
    return found, seated


def held_by(current: Mapping[str, Any]) -> Held:
    """Return the place that an appointment has."""
    return Held(**{name: current[name] for name in Held.__dataclass_fields__})


def shown(current: Mapping[str, Any], one: Alternative) -> dict[str, Any]:
    """Return an alternative as the desk sees it, with what to send to take it."""
    place, device = one.place, one.place.device
    asked = {
        "appointment_id": current["id"],
        "version": current["version"],
        "room_id": place.room.id,
        "device_id": device.id if device else None,
    }
    if one.kind == "swap":
        asked["swap"] = True
    else:
        asked["practitioner_id"] = place.practitioner.id
        if one.starts_at != current["starts_at"]:
            asked["starts_at"] = one.starts_at
    return {
        "kind": one.kind,
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "practitioner_id": place.practitioner.id,
        "practitioner_name": place.practitioner.name,
        "room_id": place.room.id,
        "room_name": place.room.name,
        "device_id": device.id if device else None,
        "device_name": device.name if device else None,
        "item": asked,
    }
