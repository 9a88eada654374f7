"""Taking back a step that was a mistake, on the day it was taken."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from services.booking.domain import appointments as rules
from services.booking.domain.changes import Change
from services.booking.store import appointments as store
from services.booking.usecases import announcements, disruptions, ledger, places
from services.booking.usecases.places import FOLLOWED, Seat
from shared.db import Transaction

_PROMISED = rules.AGREED | {"in_the_past"}  # the time is only taken again
_MAY_CHANGE = ("status", *FOLLOWED, "disrupted")


def undo(tx: Transaction, current: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """Return an appointment that `find` locked to the state before its last step, and announce it.

    What was missed or cancelled takes its place again, if it is still free; what the step charged
    is taken back.  Raises WrongState, TooLateToUndo, or as places.settle.
    """
    if current["status"] not in rules.UNDOABLE:
        raise rules.wrong_state("be undone", current["status"])
    step = store.entered(tx, current["id"], current["status"])
    if step is None or step["before"] not in rules.UPCOMING:
        raise rules.wrong_state("be undone", current["status"])
    rules.require_same_day(step["changed_at"], change.now, ZoneInfo(current["time_zone"]))
    if current["status"] in rules.OCCUPYING:
        done = _returned(tx, current, step["before"], change)
    else:
        done = _taken_again(tx, current, step["before"], change)
    ledger.undone(tx, done, step, change)
    return done


def _returned(
    tx: Transaction, current: Mapping[str, Any], status: str, change: Change
) -> dict[str, Any]:
    appointment = {**current, "status": status, "version": current["version"] + 1}
    store.update(tx, appointment)
    announcements.appointment(tx, appointment, "changed", ["status"], change)
    return appointment


def _taken_again(
    tx: Transaction, current: Mapping[str, Any], status: str, change: Change
) -> dict[str, Any]:
    """Take the time again, with the practitioner of then; room and device may be others."""
    person = current["practitioner_id"]
    question = places.another_for(current, current["starts_at"], person, waived=_PROMISED)

    def write(seat: Seat) -> dict[str, Any]:
        appointment = {**current, **seat.facts, "status": status}
        appointment["version"] += 1
        if current["course_id"]:
            disruptions.look_again(tx, current["clinic_id"], resource_id=current["client_id"])
        store.update(tx, appointment)
        places.take(tx, appointment, seat, change.now)
        changed = [name for name in _MAY_CHANGE if appointment[name] != current[name]]
        announcements.appointment(tx, appointment, "changed", changed, change)
        return appointment

    preferred = frozenset({current["room_id"], current["device_id"]})
    return places.settle(tx, question, change.now, preferred, write)
