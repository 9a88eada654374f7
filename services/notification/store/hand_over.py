"""Messages on their way out: claimed by one dispatcher, handed over once, settled by the answer."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.notification.domain.messages import LEASE, State
from shared.db import Transaction, queries

SQL = queries(__file__)


def claim(tx: Transaction, claim_id: UUID, now: datetime, limit: int) -> list[UUID]:
    """Take up to `limit` due messages for a minute; return their ids."""
    values = {"claim": claim_id, "now": now, "lease_until": now + LEASE, "limit": limit}
    return [row["id"] for row in tx.all(SQL["claim"], values)]


def recover(tx: Transaction, now: datetime) -> list[dict[str, Any]]:
    """Settle what a dead dispatcher left behind; return the messages."""
    return tx.all(SQL["recover"], {"now": now})


def expire(tx: Transaction, now: datetime) -> list[dict[str, Any]]:
    """Give up what could not go while it was of use; return the messages."""
    return tx.all(SQL["expire"], {"now": now})


def opened(tx: Transaction, message_id: UUID, claim_id: UUID) -> dict[str, Any] | None:
    """Return a claimed message with its appointment, clinic and contact; None: no longer ours."""
    return tx.one(SQL["open"], {"id": message_id, "claim": claim_id})


def begin(tx: Transaction, message_id: UUID, template: str, now: datetime) -> None:
    """Note that the hand-over begins now."""
    values = {"id": message_id, "template": template, "now": now, "lease_until": now + LEASE}
    tx.run(SQL["begin"], values)


def settle(
    tx: Transaction,
    message_id: UUID,
    claim_id: UUID,
    state: State,
    *,
    reason: str | None = None,
    next_at: datetime | None = None,
    sent_at: datetime | None = None,
) -> dict[str, Any] | None:
    """Note what became of a message, and return it; None: somebody else did."""
    values = {
        "id": message_id,
        "claim": claim_id,
        "state": state.value,
        "reason": reason,
        "next_at": next_at,
        "sent_at": sent_at,
    }
    return tx.one(SQL["settle"], values)


def release(tx: Transaction, claim_id: UUID, next_at: datetime) -> int:
    """Give back what was claimed and not begun; return how many."""
    return tx.run(SQL["release"], {"claim": claim_id, "next_at": next_at})
