"""How clients and clinics are reached.  A client's contact is sealed with a key of their own."""

import json
from typing import Any
from uuid import UUID

from services.notification.domain.messages import Clinic, Contact
from shared import crypto, db
from shared.crypto import Box
from shared.db import Transaction, queries

SQL = queries(__file__)
PURPOSE = "notification contacts"
_SEALED = ("given_name", "email", "phone")


def clinic(tx: Transaction, clinic_id: UUID) -> Clinic | None:
    """Return a clinic, or None before we have heard of it."""
    row = tx.one(SQL["find_clinic"], {"id": clinic_id})
    return Clinic(**row) if row else None


def keep_clinic(tx: Transaction, clinic_id: UUID, facts: Clinic, sequence: int) -> bool:
    """Remember a clinic.  False: we knew something newer."""
    values = {
        "id": clinic_id,
        "name": facts.name,
        "time_zone": facts.time_zone,
        "phone": facts.phone,
        "email": facts.email,
        "sequence": sequence,
    }
    return tx.run(SQL["keep_clinic"], values) == 1


def contact(tx: Transaction, client_id: UUID) -> Contact | None:
    """Return how a client is reached, or None before we have heard of them."""
    row = tx.one(SQL["find_client"], {"id": client_id})
    return opened(row) if row else None


def contact_anywhere(tx: Transaction, client_id: UUID) -> Contact | None:
    """Return how a client is reached whose home may be another clinic than the caller's."""
    row = tx.one(SQL["scope"])
    tx.narrow(db.EVERY_CLINIC)
    found = contact(tx, client_id)
    tx.narrow(db.Scope(row["clinics"] if row else ""))
    return found


def opened(row: dict[str, Any]) -> Contact:
    """Read a row of clients: `id, data_key, contact, locale, active, erased`."""
    sealed: dict[str, Any] = dict.fromkeys(_SEALED)
    if row["contact"] is not None:
        place = crypto.place("notification.clients", row["id"])
        key = crypto.box(PURPOSE).unwrap_key(bytes(row["data_key"]), place)
        sealed = json.loads(Box(key).open(bytes(row["contact"]), place))
    return Contact(**sealed, **{name: row[name] for name in ("locale", "active", "erased")})


def keep_client(
    tx: Transaction, client_id: UUID, clinic_id: UUID, facts: Contact, version: int
) -> bool:
    """Remember how a client is reached.  False: we knew something newer, or they were erased."""
    place = crypto.place("notification.clients", client_id)
    key, wrapped = _data_key(tx, client_id, place)
    plain = json.dumps({name: getattr(facts, name) for name in _SEALED}).encode()
    values = {
        "id": client_id,
        "clinic_id": clinic_id,
        "data_key": wrapped,
        "contact": Box(key).seal(plain, place),
        "locale": facts.locale,
        "active": facts.active,
        "version": version,
    }
    return tx.run(SQL["keep_client"], values) == 1


def erase_client(tx: Transaction, client_id: UUID, clinic_id: UUID) -> None:
    """Forget how a client was reached, and the key that could tell."""
    tx.run(SQL["erase_client"], {"id": client_id, "clinic_id": clinic_id})


def _data_key(tx: Transaction, client_id: UUID, place: bytes) -> tuple[bytes, bytes]:
    """Return the client's own key, made on the first contact, plain and wrapped."""
    known = tx.one(SQL["lock_client"], {"id": client_id})
    if known and known["data_key"] is not None:
        wrapped = bytes(known["data_key"])
        return crypto.box(PURPOSE).unwrap_key(wrapped, place), wrapped
    key = crypto.new_key()
    return key, crypto.box(PURPOSE).wrap_key(key, place)
