"""Asking, deciding, lifting findings, and deciding again when the appointment moves."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.client_records.domain import answers as reading
from services.client_records.domain import screenings as rules
from services.client_records.domain.findings import Situation
from services.client_records.domain.questions import RULES_VERSION
from services.client_records.domain.screenings import Decision
from services.client_records.store import clients, projections
from services.client_records.store import screenings as store
from services.client_records.store.clients import Client
from services.client_records.store.projections import Appointment
from services.client_records.store.screenings import Screening
from services.client_records.usecases import accesses
from shared import outbox
from shared.db import Transaction
from shared.errors import Rejected

ANSWERED, BOOKED, MOVED = "answered", "booked", "moved"
SERVES_FOR = timedelta(days=30)  # answers given before a booking serve for it so long


class TreatmentDiffers(Rejected):
    """The appointment is for another client or treatment."""

    type = "treatment-differs"
    title = "The appointment is for something else"


@dataclass(frozen=True, slots=True)
class Answered:
    """What somebody answered, for which treatment.  `answers` as they came."""

    id: UUID
    client_id: UUID
    appointment_id: UUID | None
    treatment_id: UUID
    answers: Mapping[str, Any]


def screen(tx: Transaction, given: Answered, *, by: UUID, now: datetime) -> dict[str, Any]:
    """Decide on answers, keep them, announce the outcome and return it.

    The rules look at the appointment's start; without an appointment, at now.  Raises
    ClientUnknown, ClientErased, AppointmentUnknown, TreatmentDiffers, QuestionUnknown or
    AnswerUnreadable.
    """
    client = clients.find(tx, given.client_id)
    appointment = None
    if given.appointment_id is not None:
        appointment = projections.appointment(tx, given.appointment_id)
        require_same(appointment, client, given.treatment_id)
    screening = Screening(
        id=given.id,
        clinic_id=client.clinic_id,
        client_id=client.id,
        appointment_id=given.appointment_id,
        treatment_id=given.treatment_id,
        cause=ANSWERED,
        rules_version=RULES_VERSION,
        starts_at=appointment.starts_at if appointment else now,
        answered_at=now,
        decided_at=now,
        decided_by=by,
        outcome="",
        not_before=None,
        answers=given.answers,
        findings=[],
    )
    device_id = appointment.device_id if appointment else None
    _keep(tx, client, screening, {}, device_id)
    accesses.note(tx, client, ("screening.decide", "screening"), by=by, now=now)
    return shown(tx, client, screening.id)


def get(tx: Transaction, screening_id: UUID, *, by: UUID, now: datetime) -> dict[str, Any]:
    """Return a screening.  Raises ScreeningUnknown or ClientErased."""
    client = clients.find(tx, store.find(tx, screening_id)["client_id"])
    answer = shown(tx, client, screening_id)
    accesses.note(tx, client, ("screening.read", "record"), by=by, now=now)
    return answer


def of_client(
    tx: Transaction, client_id: UUID, limit: int, before: UUID | None, *, by: UUID, now: datetime
) -> list[dict[str, Any]]:
    """Return a client's screenings, the latest first.  Raises ClientUnknown or ClientErased."""
    client = clients.find(tx, client_id)
    found = store.of_client(tx, client.safe, client_id, limit, before)
    accesses.note(tx, client, ("screening.read", "record"), by=by, now=now)
    return [_view(screening, []) for screening in found]


def lift(
    tx: Transaction, screening_id: UUID, wanted: Mapping[str, Any], *, by: UUID, now: datetime
) -> dict[str, Any]:
    """Take a finding upon oneself: `rule`, `reason`, `letter_id`.  Decide again and announce it.

    Raises ScreeningUnknown, ClientErased or OverrideRefused.
    """
    client = clients.find(tx, store.find(tx, screening_id)["client_id"])
    screening = store.opened(store.lock(tx, screening_id), client.safe)
    device_id = _device_of(tx, screening)
    decision = decide(tx, client, screening, device_id)
    finding = rules.require_liftable(
        decision.findings, wanted["rule"], has_letter=wanted["letter_id"] is not None
    )
    values = {
        "rule": finding.rule,
        "clinic_id": client.clinic_id,
        "severity": finding.severity.value,
        "reason": wanted["reason"],
        "letter_id": wanted["letter_id"],
        "lifted_by": by,
        "lifted_at": now,
    }
    store.lift(tx, client.safe, screening_id, values)
    decided = screening.decided(decide(tx, client, screening, device_id), now)
    store.decide_again(tx, client.safe, decided)
    _announce(tx, decided)
    accesses.note(tx, client, ("screening.override", "treatment"), by=by, now=now)
    return shown(tx, client, screening_id)


def reconsider(
    tx: Transaction, appointment: Appointment, cause: str, *, new_id: UUID, now: datetime
) -> None:
    """Decide again on the same answers for a new start, when an appointment is booked or moved.

    Nothing happens without earlier answers, or for a client whose data was erased.
    """
    client = clients.find_or_none(tx, appointment.client_id)
    if client is None:
        return
    last = store.latest(
        tx, client.safe, client.id, appointment.treatment_id, appointment.appointment_id
    )
    if last is None or now - last.answered_at > SERVES_FOR:
        return
    again = replace(
        last,
        id=new_id,
        appointment_id=appointment.appointment_id,
        cause=cause,
        starts_at=appointment.starts_at,
        decided_at=now,
        decided_by=None,
    )
    _keep(tx, client, again, store.lifted(tx, last.id), appointment.device_id)
    store.copy_lifted(tx, last.id, new_id)


def decide(
    tx: Transaction,
    client: Client,
    screening: Screening,
    device_id: UUID | None,
    at: datetime | None = None,
) -> Decision:
    """Return what a screening's answers mean for its own start, or for the moment `at`."""
    return _decision(tx, client, screening, device_id, store.lifted(tx, screening.id), at)


def require_same(appointment: Appointment, client: Client, treatment_id: UUID) -> None:
    """Raise TreatmentDiffers unless the appointment is this client's and for this treatment."""
    if appointment.client_id != client.id or appointment.treatment_id != treatment_id:
        raise TreatmentDiffers("This appointment is for another client or another treatment.")


def shown(tx: Transaction, client: Client, screening_id: UUID) -> dict[str, Any]:
    """Return a screening with who lifted what."""
    screening = store.opened(store.find(tx, screening_id), client.safe)
    return _view(screening, store.overrides(tx, client.safe, screening_id))


def _keep(
    tx: Transaction,
    client: Client,
    screening: Screening,
    lifted: rules.Lifted,
    device_id: UUID | None,
) -> None:
    decision = _decision(tx, client, screening, device_id, lifted, None)
    decided = screening.decided(decision, screening.decided_at)
    store.insert(tx, client.safe, decided)
    _announce(tx, decided)


def _decision(
    tx: Transaction,
    client: Client,
    screening: Screening,
    device_id: UUID | None,
    lifted: rules.Lifted,
    at: datetime | None,
) -> Decision:
    clinic = projections.clinic(tx, client.clinic_id)
    device = projections.device(tx, device_id, client.clinic_id)
    situation = Situation(
        starts_at=at or screening.starts_at,
        birth_date=client.identity.birth_date,
        zone=clinic.zone,
        jurisdiction=clinic.jurisdiction,
        device=device.model if device else None,
    )
    return rules.decide(reading.read(screening.answers, clinic.zone), situation, lifted)


def _device_of(tx: Transaction, screening: Screening) -> UUID | None:
    if screening.appointment_id is None:
        return None
    return projections.appointment(tx, screening.appointment_id).device_id


def _announce(tx: Transaction, screening: Screening) -> None:
    outbox.emit(
        tx,
        "client_records.screening_decided.v1",
        subject=screening.client_id,  # a client's screenings are applied in order
        data={
            "screening_id": screening.id,
            "client_id": screening.client_id,
            "clinic_id": screening.clinic_id,
            "appointment_id": screening.appointment_id,
            "treatment_id": screening.treatment_id,
            "outcome": screening.outcome,
            "not_before": screening.not_before,
            "rules": sorted({each["rule"] for each in screening.findings if not each["lifted"]}),
            "decided_at": screening.decided_at,
        },
        clinic_id=screening.clinic_id,
    )


def _view(screening: Screening, overrides: list[dict[str, Any]]) -> dict[str, Any]:
    shown = {name: getattr(screening, name) for name in screening.__slots__}
    return shown | {"overrides": overrides}
