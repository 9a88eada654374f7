"""Adverse events in PostgreSQL; signs and notes sealed with the client's key."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.client_records.store.safes import Safe
from shared.db import Transaction, queries

SQL = queries(__file__)


def insert(tx: Transaction, safe: Safe, report: Mapping[str, Any]) -> None:
    """Keep a report."""
    note = report["note"]
    tx.run(
        SQL["insert"],
        {
            **report,
            "signs": safe.seal(report["signs"], "adverse_events", "signs", report["id"]),
            "note": note and safe.seal(note, "adverse_events", "note", report["id"]),
        },
    )


def of_client(
    tx: Transaction, safe: Safe, client_id: UUID, limit: int, before: UUID | None = None
) -> list[dict[str, Any]]:
    """Return what a client reported, the latest first."""
    values = {"client_id": client_id, "limit": limit, "before": before}
    return [_opened(row, safe) for row in tx.all(SQL["of_client"], values)]


def _opened(row: Mapping[str, Any], safe: Safe) -> dict[str, Any]:
    note = row["note"] and safe.open(row["note"], "adverse_events", "note", row["id"])
    signs = safe.open(row["signs"], "adverse_events", "signs", row["id"])
    return {**row, "signs": signs, "note": note}
