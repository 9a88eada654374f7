"""What is kept of a treatment, shown and announced."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.client_records.domain import protocol
from services.client_records.domain.plans import Limit
from services.client_records.domain.protocol import NEEDLING
from services.client_records.domain.sessions import State
from services.client_records.store import clients
from services.client_records.store import sessions as store
from services.client_records.store.clients import Client
from services.client_records.store.sessions import Session
from services.client_records.usecases import accesses
from shared import outbox
from shared.db import Transaction


def get(tx: Transaction, session_id: UUID, *, by: UUID, now: datetime) -> dict[str, Any]:
    """Return a session's chart.  Raises SessionUnknown or ClientErased."""
    session = store.find(tx, session_id)
    client = clients.find(tx, session.client_id)
    answer = view(tx, client, session)
    accesses.note(tx, client, ("session.read", "record"), by=by, now=now)
    return answer


def of_client(
    tx: Transaction, client_id: UUID, limit: int, before: UUID | None, *, by: UUID, now: datetime
) -> list[dict[str, Any]]:
    """Return a client's charts, the latest first.  Raises ClientUnknown or ClientErased."""
    client = clients.find(tx, client_id)
    found = [view(tx, client, each) for each in store.of_client(tx, client_id, limit, before)]
    accesses.note(tx, client, ("session.read", "record"), by=by, now=now)
    return found


def exposure(
    tx: Transaction, lot: str, limit: int, before: UUID | None, *, by: UUID, now: datetime
) -> list[dict[str, Any]]:
    """Return the sessions in which a cartridge's or product's lot was used, the latest first."""
    found = store.exposed(tx, lot, limit, before)
    seen = [(row["clinic_id"], row["client_id"]) for row in found]
    accesses.note_list(tx, seen, ("lot.trace", "recall"), by=by, now=now)
    return found


def keep_run(tx: Transaction, session_id: UUID, zones: list[dict[str, Any]]) -> None:
    """Put what the device delivered on the session's chart."""
    store.keep_run(tx, session_id, zones)


def view(tx: Transaction, client: Client, session: Session) -> dict[str, Any]:
    """Return a chart: limits, steps with evidence, what is missing, what was delivered."""
    details = store.details(client.safe, session)
    done = store.done(tx, session.id)
    return {
        "id": session.id,
        "clinic_id": session.clinic_id,
        "appointment_id": session.appointment_id,
        "client_id": session.client_id,
        "treatment_id": session.treatment_id,
        "practitioner_id": session.practitioner_id,
        "device_id": session.device_id,
        "cartridge": _cartridge(session),
        "state": session.state,
        "reason": session.reason,
        "note": store.note(client.safe, session),
        "started_at": session.started_at,
        "ended_at": session.ended_at,
        "limits": [
            _limit(limit) | {"reason": details["reasons"].get(str(limit.zone))}
            for limit in session.plan
        ],
        "steps": store.steps(tx, client.safe, session.id),
        "missing_steps": protocol.missing(done, session.plan),
        "barred_steps": details["steps"],
        "barred_products": details["products"],
        "delivered": session.delivered,
    }


def announce_start(tx: Transaction, session: Session) -> None:
    """Tell the others that a treatment begins, and how deep the device may go."""
    outbox.emit(
        tx,
        "client_records.session_started.v1",
        subject=session.id,
        data=_ids(session)
        | {
            "cartridge": _cartridge(session),
            "limits": [_limit(limit) for limit in session.plan],
            "started_at": session.started_at,
        },
        clinic_id=session.clinic_id,
    )


def announce_end(tx: Transaction, session: Session) -> None:
    """Tell the others that a treatment ended, and which zones were needled."""
    zones = {each.zone for each in store.done(tx, session.id) if each.step == NEEDLING}
    completed = session.state == State.COMPLETED
    outbox.emit(
        tx,
        f"client_records.session_{'completed' if completed else 'stopped'}.v1",
        subject=session.id,
        data=_ids(session)
        | {
            "zones": sorted(zone for zone in zones if zone is not None),
            "started_at": session.started_at,
            "ended_at": _ended(session),
            "reason": session.reason,
        },
        clinic_id=session.clinic_id,
    )


def _ended(session: Session) -> datetime:
    if session.ended_at is None:
        raise ValueError("This session has not ended.")
    return session.ended_at


def _ids(session: Session) -> dict[str, Any]:
    return {
        "session_id": session.id,
        "clinic_id": session.clinic_id,
        "appointment_id": session.appointment_id,
        "client_id": session.client_id,
        "treatment_id": session.treatment_id,
        "practitioner_id": session.practitioner_id,
        "device_id": session.device_id,
    }


def _cartridge(session: Session) -> dict[str, Any]:
    return {
        "lot": session.cartridge_lot,
        "serial": session.cartridge_serial,
        "expires_on": session.cartridge_expires_on,
    }


def _limit(limit: Limit) -> dict[str, Any]:
    return {
        "zone": limit.zone,
        "depth_um": limit.depth_um,
        "limit_um": limit.limit_um,
        "passes": limit.passes,
        "warnings": list(limit.warnings),
    }
