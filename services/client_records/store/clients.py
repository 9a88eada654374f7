"""Clients in PostgreSQL: sealed, found by blind indexes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.client_records.domain import clients
from services.client_records.domain.clients import ClientErased, ClientUnknown, Identity
from services.client_records.store import safes
from services.client_records.store.safes import Safe
from shared.db import Transaction, queries

SQL = queries(__file__)


@dataclass(frozen=True, slots=True)
class Client:
    """A client, opened."""

    id: UUID
    clinic_id: UUID
    identity: Identity
    locale: str
    version: int
    created_at: datetime
    safe: Safe


def insert(
    tx: Transaction,
    client_id: UUID,
    clinic_id: UUID,
    identity: Identity,
    *,
    locale: str,
    now: datetime,
) -> None:
    """Store a new client, sealed with a new key."""
    safe, wrapped = safes.fresh(client_id)
    sealed = {"sealed": _seal(safe, identity), "wrapped": wrapped}
    values = {"id": client_id, "clinic_id": clinic_id, "locale": locale, "now": now}
    tx.run(SQL["insert"], values | sealed | _indexes(clinic_id, identity))


def sharing(tx: Transaction, clinic_id: UUID, identity: Identity) -> dict[UUID, Identity]:
    """Return the clinic's clients with the same e-mail or phone; nobody adds one meanwhile."""
    indexes = [index for index in _indexes(clinic_id, identity).values() if index]
    tx.run(SQL["lock_addresses"], {"addresses": sorted(index.hex() for index in indexes)})
    rows = tx.all(SQL["by_index"], {"indexes": indexes, "clinics": [clinic_id]})
    return {row["id"]: _opened(row).identity for row in rows}


def find(tx: Transaction, client_id: UUID) -> Client:
    """Return a client.  Raises ClientUnknown or ClientErased."""
    return _found(tx.one(SQL["find"], {"id": client_id}))


def find_or_none(tx: Transaction, client_id: UUID) -> Client | None:
    """Return a client; None for one who is not known or was erased."""
    try:
        return find(tx, client_id)
    except (ClientUnknown, ClientErased):
        return None


def require_known(tx: Transaction, client_id: UUID) -> None:
    """Raise ClientUnknown unless there is such a client, erased or not."""
    if tx.one(SQL["find"], {"id": client_id}) is None:
        raise ClientUnknown("There is no such client.")


def lock(tx: Transaction, client_id: UUID) -> Client:
    """Return a client whom nobody else changes until the commit.  Raises as find."""
    return _found(tx.one(SQL["lock"], {"id": client_id}))


def page(tx: Transaction, clinics: Iterable[UUID], limit: int, after: UUID | None) -> list[Client]:
    """Return the clinics' clients in the order in which they came."""
    values = {"clinics": list(clinics), "limit": limit, "after": after}
    return [_opened(row) for row in tx.all(SQL["page"], values)]


def some(tx: Transaction, client_ids: Iterable[UUID]) -> list[Client]:
    """Return those of the named clients who are in scope."""
    return [_opened(row) for row in tx.all(SQL["some"], {"ids": list(client_ids)})]


def by_address(tx: Transaction, clinics: Iterable[UUID], field: str, value: str) -> list[Client]:
    """Return the clinics' clients whose `email` or `phone` equals the normalised value."""
    within = list(clinics)
    indexes = [safes.blind_index(clinic_id, field, value) for clinic_id in within]
    rows = tx.all(SQL["by_index"], {"indexes": indexes, "clinics": within})
    return [_opened(row) for row in rows]


def update(
    tx: Transaction, client: Client, identity: Identity, locale: str, now: datetime
) -> int | None:
    """Store the new identity and return the new version; None when somebody was faster."""
    values = {"id": client.id, "version": client.version, "locale": locale, "now": now}
    sealed = {"sealed": _seal(client.safe, identity)}
    row = tx.one(SQL["update"], values | sealed | _indexes(client.clinic_id, identity))
    return int(row["version"]) if row else None


def erase(tx: Transaction, client_id: UUID, now: datetime) -> None:
    """Destroy the client's key and what is left beside it."""
    safes.destroy(tx, client_id)
    tx.run(SQL["erase"], {"id": client_id, "now": now})


def _found(row: Mapping[str, Any] | None) -> Client:
    if row is None:
        raise ClientUnknown("There is no such client.")
    if row["erased_at"] or row["wrapped"] is None:
        raise ClientErased("This client's data was erased.")
    return _opened(row)


def _opened(row: Mapping[str, Any]) -> Client:
    safe = safes.unwrapped(row["id"], row["wrapped"])
    facts = safe.open(row["sealed"], "clients", "sealed")
    identity = Identity(**facts | {"birth_date": date.fromisoformat(facts["birth_date"])})
    return Client(
        row["id"],
        row["clinic_id"],
        identity,
        row["locale"],
        row["version"],
        row["created_at"],
        safe,
    )


def _seal(safe: Safe, identity: Identity) -> bytes:
    facts = {
        "given_name": identity.given_name,
        "family_name": identity.family_name,
        "birth_date": identity.birth_date.isoformat(),
        "email": identity.email,
        "phone": identity.phone,
    }
    return safe.seal(facts, "clients", "sealed")


def _indexes(clinic_id: UUID, identity: Identity) -> dict[str, bytes | None]:
    email = identity.email and clients.normalised_email(identity.email)
    phone = identity.phone and clients.normalised_phone(identity.phone)
    return {
        "email_index": safes.blind_index(clinic_id, "email", email),
        "phone_index": safes.blind_index(clinic_id, "phone", phone),
    }
