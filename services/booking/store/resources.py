"""The rows that are locked before a time is promised."""

from collections.abc import Iterable
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def remember(tx: Transaction, resource_id: UUID, kind: str) -> None:
    """Note a practitioner, room, device or client; knowing it already does no harm."""
    tx.run(SQL["remember"], {"id": resource_id, "kind": kind})


def is_a(tx: Transaction, kind: str, resource_id: UUID) -> bool:
    """Say whether the id stands for something of that kind, at whatever clinic."""
    row = tx.one(SQL["kind"], {"id": resource_id})
    return row is not None and bool(row["kind"] == kind)


def lock(tx: Transaction, resource_ids: Iterable[UUID]) -> None:
    """Wait until nobody else is promising any of these: practitioner, room, device, client.

    The next statement waits; what it reads is what was there after the wait.
    """
    tx.later(SQL["lock"], {"ids": list(resource_ids)})


def things(tx: Transaction, clinic_id: UUID) -> list[UUID]:
    """Return the rooms and devices of a clinic."""
    return [row["id"] for row in tx.all(SQL["things"], {"clinic_id": clinic_id})]
