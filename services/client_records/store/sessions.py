"""Sessions in PostgreSQL.  Depths, lots and times in clear; evidence and notes sealed."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg2.errors import UniqueViolation

from services.client_records.domain.plans import Limit
from services.client_records.domain.protocol import Barred, Done
from services.client_records.domain.sessions import (
    CartridgeUsed,
    ClientBusy,
    DeviceBusy,
    SessionExists,
    SessionUnknown,
)
from services.client_records.store.safes import Safe
from shared.db import Transaction, queries
from shared.errors import DomainError

SQL = queries(__file__)
# The net below the rules: what each constraint says when two starts race.
_NETS: Mapping[str, tuple[type[DomainError], str]] = {
    "sessions_one_running_a_device": (DeviceBusy, "Another treatment runs with this device."),
    "sessions_one_running_a_client": (ClientBusy, "This client is in another treatment."),
    "sessions_once_an_appointment": (SessionExists, "This treatment was started already."),
}


@dataclass(frozen=True, slots=True)
class Session:
    """A treatment in the record.  `details`, `note` and steps' evidence are still sealed."""

    id: UUID
    clinic_id: UUID
    appointment_id: UUID
    client_id: UUID
    treatment_id: UUID
    practitioner_id: UUID
    device_id: UUID
    cartridge_lot: str
    cartridge_serial: str
    cartridge_expires_on: date
    screening_id: UUID
    consent_id: UUID
    plan: tuple[Limit, ...]
    details: bytes
    state: str
    reason: str | None
    note: bytes | None
    started_at: datetime
    started_by: UUID
    ended_at: datetime | None
    delivered: list[dict[str, Any]] | None


def require_first(tx: Transaction, appointment_id: UUID) -> None:
    """Raise SessionExists when the appointment has had its session; the caller holds its lock."""
    if tx.one(SQL["of_appointment"], {"appointment_id": appointment_id}):
        raise SessionExists("This treatment was started already.")


def running_on_device(tx: Transaction, device_id: UUID) -> UUID | None:
    """Return the session that holds a device, if it is in scope."""
    found = tx.one(SQL["running_on_device"], {"device_id": device_id})
    return found["id"] if found else None


def running_of_client(tx: Transaction, client_id: UUID) -> UUID | None:
    """Return the session in which a client is."""
    found = tx.one(SQL["running_of_client"], {"client_id": client_id})
    return found["id"] if found else None


def insert(tx: Transaction, safe: Safe, values: Mapping[str, Any]) -> None:
    """Begin a session; `limits`, `barred`, `reasons` beside columns.

    Raises CartridgeUsed; DeviceBusy, ClientBusy or SessionExists when somebody was faster, or in
    a clinic that this transaction does not see.
    """
    if not tx.run(SQL["use_cartridge"], values):
        raise CartridgeUsed("This cartridge was used before. Take a new one.")
    barred: Barred = values["barred"]
    details = {
        "steps": sorted(barred.steps),
        "products": sorted(barred.products),
        "reasons": values["reasons"],
    }
    plan = json.dumps([asdict(limit) for limit in values["limits"]])
    sealed = safe.seal(details, "sessions", "details", values["id"])
    try:
        tx.run(SQL["insert"], {**values, "plan": plan, "details": sealed})
    except UniqueViolation as taken:
        net = _NETS.get(taken.diag.constraint_name or "")
        if net is None:
            raise
        refusal, sentence = net
        raise refusal(sentence) from taken


def find(tx: Transaction, session_id: UUID) -> Session:
    """Return a session.  Raises SessionUnknown."""
    return _known(tx.one(SQL["find"], {"id": session_id}))


def lock(tx: Transaction, session_id: UUID) -> Session:
    """Return a session that nobody else changes until the commit.  Raises SessionUnknown."""
    return _known(tx.one(SQL["lock"], {"id": session_id}))


def of_client(
    tx: Transaction, client_id: UUID, limit: int, before: UUID | None = None
) -> list[Session]:
    """Return a client's sessions, the latest first."""
    values = {"client_id": client_id, "limit": limit, "before": before}
    return [_session(row) for row in tx.all(SQL["of_client"], values)]


def details(safe: Safe, session: Session) -> dict[str, Any]:
    """Return what is barred in a session and the reasons for its depths."""
    opened: dict[str, Any] = safe.open(session.details, "sessions", "details", session.id)
    return opened


def barred(safe: Safe, session: Session) -> Barred:
    """Return what the client's findings take out of the protocol."""
    found = details(safe, session)
    return Barred(frozenset(found["steps"]), frozenset(found["products"]))


def finish(
    tx: Transaction,
    safe: Safe,
    session: Session,
    *,
    state: str,
    ended_at: datetime,
    reason: str | None = None,
    note: str | None = None,
) -> None:
    """End a session."""
    sealed = None if note is None else safe.seal(note, "sessions", "note", session.id)
    values = {"id": session.id, "state": state, "reason": reason, "note": sealed}
    tx.run(SQL["finish"], values | {"ended_at": ended_at})


def note(safe: Safe, session: Session) -> str | None:
    """Return what was noted at a stop."""
    return None if session.note is None else safe.open(session.note, "sessions", "note", session.id)


def add_step(
    tx: Transaction,
    safe: Safe,
    session: Session,
    done: Done,
    evidence: Mapping[str, Any],
    *,
    by: UUID,
    now: datetime,
) -> None:
    """Record a step; the caller holds the session's lock."""
    sealed = safe.seal(evidence, "session_steps", "evidence", session.id, done.step)
    tx.run(
        SQL["add_step"],
        {
            "session_id": session.id,
            "clinic_id": session.clinic_id,
            "step": done.step,
            "zone": done.zone,
            "lot": evidence.get("lot"),
            "effective_at": done.at,
            "evidence": sealed,
            "recorded_at": now,
            "recorded_by": by,
        },
    )


def done(tx: Transaction, session_id: UUID) -> list[Done]:
    """Return what was done, as far as the protocol asks for it."""
    rows = tx.all(SQL["steps"], {"session_id": session_id})
    return [Done(row["step"], row["zone"], row["effective_at"]) for row in rows]


def steps(tx: Transaction, safe: Safe, session_id: UUID) -> list[dict[str, Any]]:
    """Return what was done with its evidence."""
    rows = tx.all(SQL["steps"], {"session_id": session_id})
    return [
        row
        | {
            "evidence": safe.open(
                row["evidence"], "session_steps", "evidence", session_id, row["step"]
            )
        }
        for row in rows
    ]


def keep_run(tx: Transaction, session_id: UUID, zones: list[dict[str, Any]]) -> None:
    """Keep what the device delivered on the session's chart."""
    tx.run(SQL["keep_run"], {"id": session_id, "delivered": json.dumps(zones)})


def exposed(tx: Transaction, lot: str, limit: int, before: UUID | None) -> list[dict[str, Any]]:
    """Return the sessions in which a lot was used, the latest first."""
    return tx.all(SQL["exposed"], {"lot": lot, "limit": limit, "before": before})


def _known(row: dict[str, Any] | None) -> Session:
    if row is None:
        raise SessionUnknown("There is no such treatment session.")
    return _session(row)


def _session(row: Mapping[str, Any]) -> Session:
    plan = tuple(Limit(**limit | {"warnings": tuple(limit["warnings"])}) for limit in row["plan"])
    sealed = {"details": bytes(row["details"]), "note": row["note"] and bytes(row["note"])}
    return Session(**{**row, "plan": plan, **sealed})
