"""The moment before a message goes, and the word on what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notification.domain import messages as rules
from services.notification.domain.appointments import Appointment, teller
from services.notification.domain.messages import Clinic, Contact, Kind, Plan, State, Verdict
from services.notification.domain.wording import locale_of
from services.notification.senders.letters import version
from services.notification.senders.smtp import Outcome, Result
from services.notification.store import appointments, contacts, hand_over
from shared import outbox
from shared.db import Transaction


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that may go now, with all that its letter needs."""

    id: UUID
    claim: UUID
    issue: int
    tries: int
    kind: Kind
    appointment: Appointment | None
    clinic: Clinic
    contact: Contact
    useful_until: datetime
    sessions: Sequence[Appointment] = ()  # of the course, where the message tells them all


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a claimed message when it was tried."""

    message: Claimed
    outcome: Outcome
    at: datetime


def begin(tx: Transaction, message_id: UUID, claim: UUID, now: datetime) -> Claimed | None:
    """Look once more at a claimed message.  Return it with the hand-over begun, or None.

    None: somebody else has it, or it may not go (any more): that is written down and announced.
    """
    row = hand_over.opened(tx, message_id, claim)
    if row is None:
        return None
    plan = Plan(
        Kind(row["kind"]),
        row["appointment_version"],
        row["due_at"],
        row["useful_until"],
        by_hand=row["issue"] > 0,
    )
    clinic, contact, appointment = _clinic(row), _contact(row), _appointment(row)
    verdict = rules.may_go(plan, appointment, clinic, contact, now)
    told = _course(tx, plan, appointment)
    if verdict.state is State.SENDING:
        verdict = rules.whole_course(plan, told, now)
    if verdict.state is not State.SENDING or clinic is None or contact is None:
        _put_aside(tx, row, claim, verdict, now)
        return None
    hand_over.begin(tx, message_id, version(plan.kind, locale_of(contact.locale)), now)
    return Claimed(
        id=message_id,
        claim=claim,
        issue=row["issue"],
        tries=row["attempts"] + 1,
        kind=plan.kind,
        appointment=appointment,
        clinic=clinic,
        contact=contact,
        useful_until=plan.useful_until,
        sessions=[each for each in told if each.is_live],
    )


def settle(tx: Transaction, answer: Answer) -> None:
    """Write down what the server said, and announce it."""
    state, next_at = _after(answer)
    reason = None if state is State.SENT else answer.outcome.reason
    row = hand_over.settle(
        tx,
        answer.message.id,
        answer.message.claim,
        state,
        reason=reason,
        next_at=next_at,
        sent_at=answer.at if state is State.SENT else None,
    )
    if row is not None:
        announce(tx, row, answer.at)


def recover(tx: Transaction, now: datetime) -> int:
    """Settle what dead dispatchers left and what could never go; return how many."""
    rows = [*hand_over.recover(tx, now), *hand_over.expire(tx, now)]
    for row in rows:
        announce(tx, row, now)
    return len(rows)


def announce(tx: Transaction, row: Mapping[str, Any], now: datetime) -> None:
    """Tell the others when a message was handed over, or will not (provably) arrive."""
    names = {
        State.SENT: "notification.message_sent.v1",
        State.FAILED: "notification.message_failed.v1",
        State.UNKNOWN: "notification.message_failed.v1",
        State.DROPPED: "notification.message_failed.v1",
    }
    name = names.get(State(row["state"]))
    if name is None:
        return
    data = {
        "message_id": row["id"],
        "clinic_id": row["clinic_id"],
        "client_id": row["client_id"],
        "appointment_id": row["appointment_id"],
        "kind": row["kind"],
        "channel": row["channel"],
        "due_at": row["due_at"],
        "happened_at": now,
        "reason": row["reason"],
    }
    outbox.emit(tx, name, subject=row["id"], data=data, clinic_id=row["clinic_id"])


def _after(answer: Answer) -> tuple[State, datetime | None]:
    """Return the state that follows an answer, and when to try again."""
    match answer.outcome.result:
        case Result.TAKEN:
            return State.SENT, None
        case Result.REFUSED:
            return State.FAILED, None
        case Result.LOST:
            return State.UNKNOWN, None
        case Result.LATER:
            if answer.message.tries >= rules.MOST_TRIES:
                return State.FAILED, None
            return State.PLANNED, rules.next_try(answer.message.tries, answer.at)


def _put_aside(
    tx: Transaction, row: Mapping[str, Any], claim: UUID, verdict: Verdict, now: datetime
) -> None:
    settled = hand_over.settle(
        tx, row["id"], claim, verdict.state, reason=verdict.reason, next_at=verdict.not_before
    )
    if settled is not None:
        announce(tx, settled, now)


def _course(tx: Transaction, plan: Plan, appointment: Appointment | None) -> list[Appointment]:
    """Return the sessions that a confirmation tells, cancelled ones too; none of a single visit."""
    if plan.kind is not Kind.CONFIRMATION or appointment is None or not appointment.in_course:
        return []
    sessions = appointments.course(tx, appointment.course_id)
    tells = teller(sessions)
    return sessions if tells is not None and tells.id == appointment.id else []


def _clinic(row: Mapping[str, Any]) -> Clinic | None:
    if row["clinic_name"] is None:
        return None
    return Clinic(*(row[f"clinic_{name}"] for name in ("name", "time_zone", "phone", "email")))


def _contact(row: Mapping[str, Any]) -> Contact | None:
    return None if row["locale"] is None else contacts.opened({**row, "id": row["client_id"]})


def _appointment(row: Mapping[str, Any]) -> Appointment | None:
    if row["version"] is None:
        return None
    names = ("clinic_id", "client_id", "version", "status", "starts_at", "ends_at", "time_zone")
    whose = ("practitioner_id", "practitioner_name", "link_issue")
    course = ("course_id", "course_number", "course_sessions")
    facts = {name: row[name] for name in (*names, *whose, *course)}
    return Appointment(id=row["appointment_id"], **facts)
