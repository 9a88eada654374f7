"""Sign-ins and their refresh tokens in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def insert(
    tx: Transaction, session_id: UUID, staff_id: UUID, now: datetime, expires_at: datetime
) -> None:
    """Store a sign-in."""
    values = {"id": session_id, "staff_id": staff_id, "now": now, "expires_at": expires_at}
    tx.run(SQL["insert"], values)


def issue(tx: Transaction, session_id: UUID, digest: bytes, now: datetime) -> None:
    """Store a refresh token by its SHA-256."""
    tx.run(SQL["issue"], {"session_id": session_id, "digest": digest, "now": now})


def lock_token(tx: Transaction, digest: bytes) -> dict[str, Any] | None:
    """Return a refresh token with its session, held until commit; None for an unknown one."""
    return tx.one(SQL["lock_token"], {"digest": digest})


def use(tx: Transaction, digest: bytes, now: datetime) -> None:
    """Use up a refresh token."""
    tx.run(SQL["use"], {"digest": digest, "now": now})


def end(tx: Transaction, session_id: UUID, why: str, now: datetime) -> None:
    """End a sign-in."""
    tx.run(SQL["end_session"], {"id": session_id, "why": why, "now": now})


def end_all(tx: Transaction, staff_id: UUID, why: str, now: datetime) -> None:
    """End every sign-in of a person."""
    tx.run(SQL["end_sessions_of"], {"staff_id": staff_id, "why": why, "now": now})


def forget_old(tx: Transaction, before: datetime) -> int:
    """Delete up to 100 sign-ins that expired before then."""
    return tx.run(SQL["forget_old"], {"before": before})
