"""Diaries' addresses in PostgreSQL, and what diaries show."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def insert(tx: Transaction, calendar: Mapping[str, Any]) -> None:
    """Store an address."""
    tx.run(SQL["insert"], calendar)


def renew(tx: Transaction, calendar_id: UUID, token_hash: bytes) -> bool:
    """Replace the secret; False when the address does not count any more."""
    return tx.run(SQL["renew"], {"id": calendar_id, "token_hash": token_hash}) == 1


def revoke(tx: Transaction, calendar_id: UUID, now: datetime) -> bool:
    """End an address; False when it had ended."""
    return tx.run(SQL["revoke"], {"id": calendar_id, "now": now}) == 1


def revoke_of(
    tx: Transaction, staff_id: UUID, kept_at: Sequence[UUID] | None, now: datetime
) -> None:
    """End what a person made and the person's own diary, but not at the clinics `kept_at`."""
    kept = None if kept_at is None else list(kept_at)
    tx.run(SQL["revoke_of"], {"staff_id": staff_id, "kept_at": kept, "now": now})


def find(tx: Transaction, clinic_id: UUID, calendar_id: UUID) -> dict[str, Any] | None:
    """Return an address that counts, without its secret."""
    return tx.one(SQL["find"], {"clinic_id": clinic_id, "id": calendar_id})


def page(tx: Transaction, clinic_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's addresses, oldest first; `binds` hold limit and after_id."""
    return tx.all(SQL["page"], {"clinic_id": clinic_id, **binds})


def behind(tx: Transaction, token_hash: bytes) -> dict[str, Any] | None:
    """Return the diary behind an address, with the names of clinic and subject."""
    return tx.one(SQL["behind"], {"token_hash": token_hash})


def entries(tx: Transaction, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what a diary shows, by time.

    `wanted` holds clinic_id, starts_from, starts_until, practitioner_id, room_id, limit, and the
    states that are `shown` and those that were `given_up`.
    """
    return tx.all(SQL["entries"], wanted)
