"""Consents in PostgreSQL; the signature sealed with the client's key."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.client_records.domain.consents import Signed
from services.client_records.store.safes import Safe
from shared.db import Transaction, queries

SQL = queries(__file__)


def insert(tx: Transaction, safe: Safe, consent: Mapping[str, Any]) -> None:
    """Keep a consent; `signature` is sealed together with the `document` that was signed."""
    content = {"signature": consent["signature"], "document": consent["document"]}
    sealed = safe.seal(content, "consents", "signature", consent["id"])
    tx.run(SQL["insert"], {**consent, "signature": sealed})


def of_appointment(tx: Transaction, client_id: UUID, appointment_id: UUID) -> list[Signed]:
    """Return what a client signed for an appointment, the oldest first."""
    every = {"limit": None, "after": None}
    values = {"client_id": client_id, "appointment_id": appointment_id, **every}
    return [
        Signed(row["id"], row["template_version"], row["treatment_id"], row["document_sha256"])
        for row in tx.all(SQL["of_client"], values)
    ]


def of_client(
    tx: Transaction, safe: Safe, client_id: UUID, limit: int, after: UUID | None = None
) -> list[dict[str, Any]]:
    """Return what a client signed, the oldest first, with document and signature."""
    values = {"client_id": client_id, "appointment_id": None, "limit": limit, "after": after}
    rows = tx.all(SQL["of_client"], values)
    return [row | safe.open(row["signature"], "consents", "signature", row["id"]) for row in rows]
