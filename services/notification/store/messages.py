"""Messages: planning them and looking them up.  Sending is in `hand_over.py`."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.notification.domain.messages import SEND, Kind, Plan, State, Verdict
from shared.db import Transaction, queries
from shared.errors import Conflict

SQL = queries(__file__)


class AlreadyUnderWay(Conflict):
    """The same message is already being sent."""

    type = "message-under-way"
    title = "The message is already on its way"


def plan(tx: Transaction, wanted: Plan, whose: Mapping[str, Any], way: Verdict) -> bool:
    """Store a planned message.  `way` is how the client can be reached; False: it was there.

    `whose` has id, clinic_id, client_id, appointment_id, now, and for a repeat by hand issue,
    resend_of and requested_by.
    """
    state, reason = _initial(wanted, way)
    values = {"issue": 0, "resend_of": None, "requested_by": None} | dict(whose)
    values |= {
        "version": wanted.version,
        "kind": wanted.kind.value,
        "channel": channel(reason),
        "state": state.value,
        "reason": reason,
        "due_at": wanted.due_at,
        "useful_until": wanted.useful_until,
    }
    return tx.run(SQL["plan"], values) == 1


def follow(tx: Transaction, appointment_id: UUID, plan: Plan, *, new_time: bool) -> int:
    """Let what is still to be sent of a kind follow its appointment; return how many there were."""
    values = {
        "appointment_id": appointment_id,
        "kind": plan.kind.value,
        "version": plan.version,
        "due_at": plan.due_at if new_time else None,
        "useful_until": plan.useful_until,
        "dropped": plan.dropped if new_time else None,
    }
    return tx.run(SQL["follow"], values)


def die(tx: Transaction, appointment_id: UUID, kinds: Sequence[Kind], reason: str) -> int:
    """Cancel what is still to be sent of some kinds; return how many there were."""
    names = [kind.value for kind in kinds]
    values = {"appointment_id": appointment_id, "kinds": names, "reason": reason}
    return tx.run(SQL["die"], values)


def course_told(tx: Transaction, course_id: UUID | None) -> State | None:
    """Say whether a confirmation of a course was SENT, or is PLANNED; None: neither."""
    found = tx.one(SQL["course_told"], {"course_id": course_id})
    return State(found["told"]) if found and found["told"] else None


def reach_again(tx: Transaction, client_id: UUID, way: Verdict) -> int:
    """Send what is still to come to a client by the way that is now open; return how many."""
    state = State.PLANNED if way.state is State.SENDING else way.state
    values = {"client_id": client_id, "state": state.value, "reason": way.reason}
    return tx.run(SQL["reach_again"], values | {"channel": channel(way.reason)})


def clinic_heard(tx: Transaction, clinic_id: UUID) -> int:
    """Let messages go that waited to hear of their clinic; return how many."""
    return tx.run(SQL["clinic_heard"], {"clinic_id": clinic_id})


def find(tx: Transaction, message_id: UUID) -> dict[str, Any] | None:
    """Return a message of the caller's clinics."""
    return tx.one(SQL["find"], {"id": message_id})


def listed(tx: Transaction, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return messages, the newest due first."""
    return tx.all(SQL["listed"], wanted)


def lock(tx: Transaction, message_id: UUID) -> dict[str, Any] | None:
    """Return the row that a repeat by hand begins from, locked."""
    return tx.one(SQL["lock"], {"id": message_id})


def repeat(tx: Transaction, wanted: Plan, whose: Mapping[str, Any]) -> None:
    """Store one more issue of a message, its appointment locked.  Raises AlreadyUnderWay."""
    which = {"appointment_id": whose["appointment_id"], "kind": wanted.kind.value}
    issues = tx.one(SQL["issues"], which) or {"last": 0, "under_way": 0}
    if issues["under_way"]:
        raise AlreadyUnderWay("This message is already on its way.")
    plan(tx, wanted, {**whose, "issue": issues["last"] + 1}, SEND)


def channel(reason: str | None) -> str:
    """Return the channel that a message would take, given what stands in its way."""
    return "sms" if reason == "no_sms_gateway" else "email"


def _initial(wanted: Plan, way: Verdict) -> tuple[State, str | None]:
    if wanted.dropped:
        return State.DROPPED, wanted.dropped
    if way.state is State.SENDING:
        return State.PLANNED, None
    return way.state, way.reason
