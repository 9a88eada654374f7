"""API keys in PostgreSQL."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def insert(tx: Transaction, key: Mapping[str, Any]) -> None:
    """Store a key."""
    tx.run(SQL["insert"], key)


def page(tx: Transaction, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return keys; `binds` are limit and after_id."""
    return tx.all(SQL["page"], binds)


def find(tx: Transaction, key_id: UUID) -> dict[str, Any] | None:
    """Return a key that counts."""
    return tx.one(SQL["find"], {"id": key_id})


def revoke(tx: Transaction, key_id: UUID, now: datetime) -> bool:
    """End a key; False when there is none in the caller's clinics."""
    return bool(tx.run(SQL["revoke"], {"id": key_id, "now": now}))


def use(tx: Transaction, digest: bytes, now: datetime) -> dict[str, Any] | None:
    """Return the key with that SHA-256 if it counts."""
    return tx.one(SQL["use"], {"digest": digest, "now": now})
