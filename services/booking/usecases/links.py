"""What clients do with their appointment by a signed link.  Each is part of one transaction.

A link speaks of one time: whoever confirms what an old mail said, after the appointment moved,
would confirm what they never read.  So a link ends with the time that its mail told.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.booking.domain import links as rules
from services.booking.domain.appointments import MOVABLE, AppointmentUnknown
from services.booking.domain.changes import Change
from services.booking.domain.links import BY_LINK, Accepted, TimeGone, Visit
from services.booking.domain.waiting import WaitsAlready
from services.booking.store import links as store
from services.booking.usecases import (
    announcements,
    appointments,
    availability,
    clinics,
    course_moves,
    policies,
    waiting,
)
from services.booking.usecases.appointments import Move
from services.booking.usecases.availability import Question
from shared import links
from shared.db import Transaction
from shared.errors import Conflict, NotFound, Rejected
from shared.links import Link, LinkExpired


def show(tx: Transaction, link: Link, *, now: datetime) -> dict[str, Any]:
    """Return what the client may see of the appointment, and whether they may act.

    Raises LinkInvalid, LinkExpired or LinkUsed.
    """
    return _seen(tx, link, _visit(tx, link), now)


def confirm(tx: Transaction, link: Link, *, now: datetime) -> dict[str, Any]:
    """Note that the client will come.  Raises as `show`."""
    return _step(tx, link, "confirm", now)


def cancel(tx: Transaction, link: Link, accepted: Accepted, *, now: datetime) -> dict[str, Any]:
    """Give the place back; late, only when the fee is accepted.

    Raises FeeToAccept, FeeDiffers, or as `show`.
    """
    visit = _visit(tx, link, lock=True)
    fee = None if visit.done("cancel") else visit.fee(now)
    if fee is not None and visit.refusal("cancel", now) is None:
        accepted.require(fee)
    return _step(tx, link, "cancel", now)


def times(
    tx: Transaction, link: Link, begins: datetime, ends: datetime, *, now: datetime
) -> dict[str, Any]:
    """Return the times to which the client may move, with the same practitioner.

    Raises NoticePassed, MovedTooOften, or as `show`.
    """
    visit = _visit(tx, link)
    if refused := visit.refusal("move", now):
        raise refused
    current = visit.appointment
    question = Question(
        current["clinic_id"],
        current["treatment_id"],
        begins,
        ends,
        practitioner_id=current["practitioner_id"],
        client_id=current["client_id"],
        except_id=current["id"],
    )
    found = availability.times(tx, question, now)
    others = [each for each in found["times"] if each["starts_at"] != current["starts_at"]]
    return {"time_zone": found["time_zone"], "times": others}


def move(tx: Transaction, link: Link, starts_at: datetime, *, now: datetime) -> dict[str, Any]:
    """Move to a time of `times`; the answer's token is the new time's link.

    A second click finds it moved and changes nothing.
    Raises TimeGone, NoticePassed, MovedTooOften, TooContended, or as `show`.
    """
    current = _locked(tx, link)
    if current["starts_at"] == starts_at and current["status"] in MOVABLE:
        return _seen(tx, _onward(link, current), _as_visit(tx, current), now)
    visit = _as_visit(tx, _same_time(link, current))
    if refused := visit.refusal("move", now):
        raise refused
    try:
        to, change = Move(starts_at=starts_at), Change(None, now, BY_LINK)
        moved = course_moves.move(tx, current, to, change, shift=False)
    except (Conflict, Rejected, NotFound) as refused:
        # why not (who is away, what a screening said) is for the desk, not for an open address
        raise TimeGone("This time cannot be had any more. Please choose another.") from refused
    return _seen(tx, _onward(link, moved), _as_visit(tx, moved), now)


def wait(tx: Transaction, link: Link, entry_id: UUID, *, now: datetime) -> dict[str, Any]:
    """Put the client on the waiting list for an earlier place with the same practitioner.

    The appointment stays until they take one.  Raises CannotWait, or as `show`.
    """
    visit = _visit(tx, link)
    if visit.done("earlier"):
        return _seen(tx, link, visit, now)
    if refused := visit.refusal("earlier", now):
        raise refused
    current = visit.appointment
    last = current["starts_at"].astimezone(ZoneInfo(current["time_zone"])).date()
    copied = ("clinic_id", "client_id", "treatment_id", "practitioner_id", "zones")
    wishes = {name: current[name] for name in copied} | {
        **rules.ANY_EARLIER,
        "id": entry_id,
        "from_day": None,
        "until_day": last,
        "appointment_id": current["id"],
    }
    try:
        waiting.join(tx, wishes, Change(None, now))
    except WaitsAlready:
        pass  # a second click overtook this one
    except (Conflict, Rejected, NotFound) as refused:
        raise rules.CannotWait(
            "We cannot put you on the waiting list here. Please phone the clinic."
        ) from refused
    return _seen(tx, link, _as_visit(tx, dict(current)), now)


def revoke(tx: Transaction, current: dict[str, Any], change: Change) -> dict[str, Any]:
    """End every link of an appointment that `find` locked; mails from now on carry new ones."""
    revoked = {
        **current,
        "link_issue": current["link_issue"] + 1,
        "version": current["version"] + 1,
    }
    store.revoke(tx, revoked)
    announcements.appointment(tx, revoked, "changed", ["link_issue"], change)
    return revoked


def _step(tx: Transaction, link: Link, name: str, now: datetime) -> dict[str, Any]:
    visit = _visit(tx, link, lock=True)
    if visit.done(name):
        return _seen(tx, link, visit, now)
    if refused := visit.refusal(name, now):
        raise refused
    done = appointments.step(tx, name, visit.appointment, Change(None, now, BY_LINK))
    return _seen(tx, link, _as_visit(tx, done), now)


def _visit(tx: Transaction, link: Link, *, lock: bool = False) -> Visit:
    """Return the appointment at the time the link speaks of.  Raises as `show`."""
    return _as_visit(tx, _same_time(link, _locked(tx, link, lock=lock)))


def _locked(tx: Transaction, link: Link, *, lock: bool = True) -> dict[str, Any]:
    """Return the link's appointment.  Raises LinkInvalid or LinkExpired."""
    try:
        current = appointments.find(tx, link.subject, lock=lock)
    except AppointmentUnknown as gone:
        raise links.invalid() from gone
    if current["link_issue"] != link.issue:
        raise LinkExpired("The clinic has withdrawn this link. Please phone the clinic.")
    return current


def _same_time(link: Link, current: dict[str, Any]) -> dict[str, Any]:
    """Return the appointment unless it has moved from the link's time.  Raises LinkUsed."""
    if current["starts_at"].replace(microsecond=0) != link.expires_at:
        raise rules.another_time(current)
    return current


def _as_visit(tx: Transaction, current: dict[str, Any]) -> Visit:
    agreed = policies.agreed(tx, current)
    moved = store.moves(tx, current["id"], BY_LINK)
    return Visit(current, agreed.policy, agreed.price, moved, store.waits(tx, current))


def _onward(link: Link, current: dict[str, Any]) -> Link:
    """Return the same link for the time at which the appointment now is."""
    return Link(link.purpose, link.subject, link.clinic_id, link.issue, current["starts_at"])


def _seen(tx: Transaction, link: Link, visit: Visit, now: datetime) -> dict[str, Any]:
    current = visit.appointment
    clinic = clinics.find(tx, current["clinic_id"])
    done = visit.done(link.purpose)
    refused = None if done else visit.refusal(link.purpose, now)
    asked = link.purpose == "cancel" and not done and refused is None
    fee = visit.fee(now) if asked else None
    seen = ("treatment_name", "starts_at", "ends_at", "time_zone", "status")
    return {
        **{name: current[name] for name in seen},
        "token": links.mint(link),
        "purpose": link.purpose,
        "done": done,
        "clinic_name": clinic["name"],
        "clinic_phone": clinic["phone"],
        "until": visit.until(link.purpose),
        "may": not done and refused is None,
        "why_not": str(refused) if refused else None,
        "late_fee": asdict(fee) if fee else None,
        "free_until": visit.free_until,
    }
