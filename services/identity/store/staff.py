"""Staff and memberships in PostgreSQL."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.errors import UniqueViolation

from services.identity.domain.staff import EmailTaken, StaffUnknown
from shared.db import Transaction, queries

SQL = queries(__file__)


def insert(tx: Transaction, person: Mapping[str, Any], now: datetime) -> None:
    """Store a person and their clinics.  Raises EmailTaken."""
    try:
        tx.run(SQL["insert"], {**person, "roles": sorted(person["roles"]), "now": now})
    except UniqueViolation as taken:
        raise EmailTaken("Somebody signs in with this e-mail address already.") from taken
    join(tx, person["id"], person["clinic_ids"])


def join(tx: Transaction, staff_id: UUID, clinic_ids: frozenset[UUID]) -> None:
    """Make somebody a member of clinics."""
    tx.run(SQL["join"], {"staff_id": staff_id, "clinic_ids": sorted(clinic_ids)})


def leave(tx: Transaction, staff_id: UUID) -> None:
    """End all memberships of a person."""
    tx.run(SQL["leave"], {"staff_id": staff_id})


def find(tx: Transaction, staff_id: UUID, *, everywhere: bool) -> dict[str, Any]:
    """Return a person whom the caller may see.  Raises StaffUnknown."""
    row = tx.one(SQL["find"], {"id": staff_id, "everywhere": everywhere})
    if row is None:
        raise StaffUnknown("Nobody of that id works at your clinics.")
    return row


def lock(tx: Transaction, staff_id: UUID) -> dict[str, Any]:
    """Return a person and keep others from changing them meanwhile.  Raises StaffUnknown."""
    tx.run(SQL["lock"], {"id": staff_id})
    return find(tx, staff_id, everywhere=True)


def by_email(tx: Transaction, email: str) -> dict[str, Any] | None:
    """Return the person who signs in with an address."""
    return tx.one(SQL["by_email"], {"email": email})


def page(tx: Transaction, binds: Mapping[str, Any], *, everywhere: bool) -> list[dict[str, Any]]:
    """Return staff by name; `binds` are limit, after_name, after_id."""
    return tx.all(SQL["page"], {**binds, "everywhere": everywhere})


def update(tx: Transaction, person: Mapping[str, Any]) -> None:
    """Store a locked person's new state.  Raises EmailTaken."""
    try:
        tx.run(SQL["update"], {**person, "roles": sorted(person["roles"])})
    except UniqueViolation as taken:
        raise EmailTaken("Somebody signs in with this e-mail address already.") from taken


def set_password(tx: Transaction, staff_id: UUID, password_hash: str) -> None:
    """Store a hash."""
    tx.run(SQL["set_password"], {"id": staff_id, "password_hash": password_hash})


def offer_otp(tx: Transaction, staff_id: UUID, sealed: bytes) -> bool:
    """Store a secret to be confirmed; False when one is in use."""
    return bool(tx.run(SQL["offer_otp"], {"id": staff_id, "otp_secret": sealed}))


def use_otp(tx: Transaction, staff_id: UUID, step: int) -> bool:
    """Use up a time step; False when it was used."""
    return bool(tx.run(SQL["use_otp"], {"id": staff_id, "step": step}))


def drop_otp(tx: Transaction, staff_id: UUID) -> None:
    """Forget the secret."""
    tx.run(SQL["drop_otp"], {"id": staff_id})
