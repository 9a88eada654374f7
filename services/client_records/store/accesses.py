"""The access log in PostgreSQL: append only, chained in each clinic."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from services.client_records.domain.accesses import Entry
from shared.db import Transaction, queries

SQL = queries(__file__)


def record(
    tx: Transaction,
    clinic_id: UUID,
    client_ids: Iterable[UUID],
    *,
    actor_id: UUID,
    what: tuple[str, str],
    at: datetime,
) -> None:
    """Write one entry; `what` is action and purpose.  Last in a transaction: it holds the log."""
    action, purpose = what
    tx.one(
        SQL["record"],
        {
            "clinic_id": clinic_id,
            "actor_id": actor_id,
            "action": action,
            "purpose": purpose,
            "client_ids": sorted(client_ids),
            "at": at,
        },
    )


def of_client(
    tx: Transaction, client_id: UUID, limit: int, before: int | None
) -> list[dict[str, Any]]:
    """Return who looked at a client, the latest first."""
    values = {"client_id": client_id, "limit": limit, "before": before}
    return tx.all(SQL["of_client"], values)


def chain(tx: Transaction, clinic_id: UUID) -> list[Entry]:
    """Return a clinic's whole log in order."""
    return [
        Entry(
            **row
            | {
                "client_ids": tuple(row["client_ids"]),
                "previous": bytes(row["previous"]),
                "hash": bytes(row["hash"]),
            }
        )
        for row in tx.all(SQL["chain"], {"clinic_id": clinic_id})
    ]
