"""Reporting that something went wrong after a treatment; the clock starts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.client_records.domain import adverse_events as rules
from services.client_records.domain.sessions import SessionUnknown
from services.client_records.store import adverse_events as store
from services.client_records.store import clients, sessions
from services.client_records.store.sessions import Session
from services.client_records.usecases import accesses
from shared import outbox
from shared.db import Transaction


def report(
    tx: Transaction,
    client_id: UUID,
    wanted: Mapping[str, Any],
    *,
    new_id: UUID,
    by: UUID,
    now: datetime,
) -> dict[str, Any]:
    """Keep a report (`session_id`, `signs`, `onset_at`, `note`), start its clock, announce it.

    Raises ClientUnknown, ClientErased, SessionUnknown, SignUnknown or OnsetWrong.
    """
    client = clients.find(tx, client_id)
    session = _session(tx, wanted["session_id"], client_id)
    rules.require_onset(wanted["onset_at"], now)
    triage = rules.triage(wanted["signs"], session.ended_at if session else None, now)
    kept = {
        "id": new_id,
        "clinic_id": client.clinic_id,
        "client_id": client_id,
        "session_id": wanted["session_id"],
        "class": triage.klass.value,
        "signs": list(triage.signs),
        "note": wanted["note"],
        "onset_at": wanted["onset_at"],
        "reply_due_at": triage.reply_due_at,
        "seen_due_at": triage.seen_due_at,
        "incident": triage.incident,
        "reported_at": now,
        "reported_by": by,
    }
    store.insert(tx, client.safe, kept)
    _announce(tx, kept, session)
    accesses.note(tx, client, ("adverse_event.report", "side effects"), by=by, now=now)
    return kept


def of_client(
    tx: Transaction, client_id: UUID, limit: int, before: UUID | None, *, by: UUID, now: datetime
) -> list[dict[str, Any]]:
    """Return what a client reported, the latest first.  Raises ClientUnknown or ClientErased."""
    client = clients.find(tx, client_id)
    found = store.of_client(tx, client.safe, client_id, limit, before)
    accesses.note(tx, client, ("adverse_event.read", "record"), by=by, now=now)
    return found


def _session(tx: Transaction, session_id: UUID | None, client_id: UUID) -> Session | None:
    if session_id is None:
        return None
    session = sessions.find(tx, session_id)
    if session.client_id != client_id:
        raise SessionUnknown("This client had no such treatment session.")
    return session


def _announce(tx: Transaction, kept: Mapping[str, Any], session: Session | None) -> None:
    outbox.emit(
        tx,
        "client_records.adverse_event_reported.v1",
        subject=kept["id"],
        data={
            "adverse_event_id": kept["id"],
            "clinic_id": kept["clinic_id"],
            "client_id": kept["client_id"],
            "session_id": kept["session_id"],
            "severity": kept["class"],
            "reply_due_at": kept["reply_due_at"],
            "seen_due_at": kept["seen_due_at"],
            "cartridge_lot": session.cartridge_lot if session else None,
            "device_id": session.device_id if session else None,
        },
        clinic_id=kept["clinic_id"],
    )
