"""Signing consents."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.client_records.domain import consents as rules
from services.client_records.domain.consents import Signing
from services.client_records.store import clients, projections
from services.client_records.store import consents as store
from services.client_records.usecases import accesses, screenings
from shared import outbox
from shared.db import Transaction


def sign(
    tx: Transaction,
    client_id: UUID,
    wanted: Mapping[str, Any],
    *,
    new_id: UUID,
    by: UUID,
    now: datetime,
) -> dict[str, Any]:
    """Keep a client's signature under a consent for an appointment's treatment; announce it.

    Raises ClientUnknown, ClientErased, AppointmentUnknown, TreatmentDiffers, TemplateUnknown,
    TemplateOutdated or SignedInFuture.
    """
    template = rules.require_signable(wanted["template_version"], wanted["signed_at"], now)
    client = clients.find(tx, client_id)
    appointment = projections.appointment(tx, wanted["appointment_id"])
    screenings.require_same(appointment, client, appointment.treatment_id)
    signing = Signing(
        template_version=template.version,
        client_id=client.id,
        appointment_id=appointment.appointment_id,
        treatment_id=appointment.treatment_id,
        treatment_name=appointment.treatment_name,
        signed_at=wanted["signed_at"],
    )
    document = rules.document(template, signing)
    consent = {
        "id": new_id,
        "clinic_id": client.clinic_id,
        "client_id": client.id,
        "appointment_id": signing.appointment_id,
        "treatment_id": signing.treatment_id,
        "template_version": template.version,
        "document_sha256": rules.hash_of(document),
        "signed_at": signing.signed_at,
        "recorded_at": now,
        "recorded_by": by,
    }
    content = {"document": document, "signature": wanted["signature"]}
    store.insert(tx, client.safe, consent | content)
    _announce(tx, consent)
    accesses.note(tx, client, ("consent.sign", "consent"), by=by, now=now)
    return consent


def of_client(
    tx: Transaction, client_id: UUID, limit: int, after: UUID | None, *, by: UUID, now: datetime
) -> list[dict[str, Any]]:
    """Return what a client signed, the oldest first.  Raises ClientUnknown or ClientErased."""
    client = clients.find(tx, client_id)
    found = store.of_client(tx, client.safe, client_id, limit, after)
    accesses.note(tx, client, ("consent.read", "record"), by=by, now=now)
    return found


def _announce(tx: Transaction, consent: Mapping[str, Any]) -> None:
    outbox.emit(
        tx,
        "client_records.consent_signed.v1",
        subject=consent["id"],
        data={"consent_id": consent["id"], **consent},
        clinic_id=consent["clinic_id"],
    )
