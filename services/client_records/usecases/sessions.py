"""Starting a treatment, or saying in one sentence why it cannot start; recording it; ending it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.client_records.domain import consents as consent_rules
from services.client_records.domain import plans, protocol
from services.client_records.domain import sessions as rules
from services.client_records.domain.answers import LAST_ZONE
from services.client_records.domain.findings import Finding
from services.client_records.domain.plans import Bounds, Limit, Pass
from services.client_records.domain.protocol import ANAESTHETIC, NEEDLING, Barred, Done
from services.client_records.domain.sessions import Cartridge, State
from services.client_records.store import clients, consents, projections
from services.client_records.store import screenings as screening_store
from services.client_records.store import sessions as store
from services.client_records.store.clients import Client
from services.client_records.store.projections import Appointment
from services.client_records.store.screenings import Screening
from services.client_records.store.sessions import Session
from services.client_records.usecases import accesses, charts, screenings
from shared.db import Transaction


@dataclass(frozen=True, slots=True)
class Wanted:
    """A treatment that somebody wants to start."""

    id: UUID
    appointment_id: UUID
    practitioner_id: UUID
    device_id: UUID
    cartridge: Cartridge
    plan: Sequence[Pass]


@dataclass(frozen=True, slots=True)
class _Cleared:
    """What stands behind a start."""

    screening: Screening
    findings: tuple[Finding, ...]
    consent: consent_rules.Signed
    limits: tuple[Limit, ...]


def start(tx: Transaction, wanted: Wanted, *, by: UUID, now: datetime) -> dict[str, Any]:
    """Start a treatment and announce it with the device's limits.

    Raises, in this order: AppointmentUnknown, PractitionerDiffers, SessionExists, NotArrived,
    ClientErased, ClientBusy, ConsentMissing, ScreeningRequired, ScreeningRefused,
    CredentialMissing, DeviceUnfit, DeviceBusy, CartridgeExpired, what plans.limits raises,
    CartridgeUsed.
    """
    appointment = projections.appointment(tx, wanted.appointment_id, lock=True)
    rules.require_practitioner(wanted.practitioner_id, by, appointment.practitioner_id)
    store.require_first(tx, appointment.appointment_id)
    rules.require_arrived(appointment.status)
    client = clients.lock(tx, appointment.client_id)  # nobody is erased, or treated elsewhere, now
    rules.require_free_client(store.running_of_client(tx, client.id))
    cleared = _clear(tx, wanted, appointment, client, now)
    _insert(tx, wanted, appointment, client, cleared, by=by, now=now)
    session = store.find(tx, wanted.id)
    _record_beginning(tx, client, session, cleared, by=by, now=now)
    charts.announce_start(tx, session)
    answer = charts.view(tx, client, session)
    accesses.note(tx, client, ("session.start", "treatment"), by=by, now=now)
    return answer


def record(
    tx: Transaction,
    session_id: UUID,
    step: str,
    evidence: Mapping[str, Any],
    *,
    by: UUID,
    now: datetime,
) -> dict[str, Any]:
    """Record a step of the protocol with its evidence; return the chart.

    Raises SessionUnknown, ClientErased, SessionOver, or what protocol.require_step raises.
    """
    session = store.lock(tx, session_id)
    client = clients.find(tx, session.client_id)
    known = protocol.BY_ID.get(step)
    if known is None or not known.closing:
        rules.require_running(session.state)
    done = store.done(tx, session_id)
    barred = store.barred(client.safe, session)
    protocol.require_step(
        step, evidence, done, session.plan, barred, broken_off=session.state == State.STOPPED
    )
    store.add_step(tx, client.safe, session, _done(step, evidence), evidence, by=by, now=now)
    answer = charts.view(tx, client, session)
    accesses.note(tx, client, ("session.step", "treatment"), by=by, now=now)
    return answer


def complete(tx: Transaction, session_id: UUID, *, by: UUID, now: datetime) -> dict[str, Any]:
    """Complete a treatment and announce it.

    Raises SessionUnknown, ClientErased, SessionOver, or StepsMissing.
    """
    session = store.lock(tx, session_id)
    rules.require_running(session.state)
    protocol.require_complete(store.done(tx, session_id), session.plan)
    return _end(tx, session, {"state": State.COMPLETED.value}, by=by, now=now)


def stop(
    tx: Transaction, session_id: UUID, reason: str, note: str | None, *, by: UUID, now: datetime
) -> dict[str, Any]:
    """Break a treatment off, for a reason that is one of rules.STOP_REASONS, and announce it.

    Raises SessionUnknown, ClientErased or SessionOver.
    """
    session = store.lock(tx, session_id)
    rules.require_running(session.state)
    ending = {"state": State.STOPPED.value, "reason": reason, "note": note}
    return _end(tx, session, ending, by=by, now=now)


def _clear(
    tx: Transaction, wanted: Wanted, appointment: Appointment, client: Client, now: datetime
) -> _Cleared:
    """Return what stands behind the start, or raise what stands against it."""
    clinic_id, treatment_id = appointment.clinic_id, appointment.treatment_id
    signed = consents.of_appointment(tx, client.id, appointment.appointment_id)
    consent = consent_rules.require_valid(signed, treatment_id)
    screening = screening_store.latest(
        tx, client.safe, client.id, treatment_id, appointment.appointment_id
    )
    rules.require_screened(screening.answered_at if screening else None, now)
    assert screening  # noqa: S101 # require_screened has refused None
    decision = screenings.decide(tx, client, screening, wanted.device_id, at=now)
    rules.require_clear(decision)
    today = now.astimezone(projections.clinic(tx, clinic_id).zone or LAST_ZONE).date()
    credential = plans.require_credential(
        projections.credential(tx, wanted.practitioner_id, clinic_id), today
    )
    device = rules.require_fit(projections.device(tx, wanted.device_id, clinic_id), clinic_id)
    rules.require_free_device(device, store.running_on_device(tx, device.id))
    rules.require_in_date(wanted.cartridge, today)
    bounds = Bounds(credential, device.model, appointment.indication, decision.findings)
    limits = plans.limits(wanted.plan, bounds)
    return _Cleared(screening, decision.findings, consent, limits)


def _insert(
    tx: Transaction,
    wanted: Wanted,
    appointment: Appointment,
    client: Client,
    cleared: _Cleared,
    *,
    by: UUID,
    now: datetime,
) -> None:
    effects = [finding.effects for finding in cleared.findings]
    barred = Barred(
        steps=frozenset(step for each in effects for step in each.steps),
        products=frozenset(product for each in effects for product in each.products),
    )
    store.insert(
        tx,
        client.safe,
        {
            "id": wanted.id,
            "clinic_id": appointment.clinic_id,
            "appointment_id": appointment.appointment_id,
            "client_id": client.id,
            "treatment_id": appointment.treatment_id,
            "practitioner_id": wanted.practitioner_id,
            "device_id": wanted.device_id,
            "cartridge_lot": wanted.cartridge.lot,
            "cartridge_serial": wanted.cartridge.serial,
            "cartridge_expires_on": wanted.cartridge.expires_on,
            "screening_id": cleared.screening.id,
            "consent_id": cleared.consent.id,
            "limits": cleared.limits,
            "barred": barred,
            "reasons": {str(each.zone): each.reason for each in wanted.plan if each.reason},
            "started_at": now,
            "started_by": by,
        },
    )


def _record_beginning(
    tx: Transaction,
    client: Client,
    session: Session,
    cleared: _Cleared,
    *,
    by: UUID,
    now: datetime,
) -> None:
    """Record the steps that the start itself proves."""
    proofs = {
        "PROC-01": {"screening_id": str(cleared.screening.id)},
        "PROC-02": {"consent_sha256": cleared.consent.document_sha256},
    }
    for step, evidence in proofs.items():
        store.add_step(tx, client.safe, session, Done(step), evidence, by=by, now=now)


def _done(step: str, evidence: Mapping[str, Any]) -> Done:
    zone = evidence["zone"] if step == NEEDLING else None
    applied_at = evidence["applied_at"] if step == ANAESTHETIC else None
    return Done(step, zone, datetime.fromisoformat(applied_at) if applied_at else None)


def _end(
    tx: Transaction, session: Session, ending: Mapping[str, Any], *, by: UUID, now: datetime
) -> dict[str, Any]:
    client = clients.find(tx, session.client_id)
    store.finish(tx, client.safe, session, ended_at=now, **ending)
    ended = store.find(tx, session.id)
    charts.announce_end(tx, ended)
    answer = charts.view(tx, client, ended)
    action = f"session.{'complete' if ended.state == State.COMPLETED else 'stop'}"
    accesses.note(tx, client, (action, "treatment"), by=by, now=now)
    return answer
