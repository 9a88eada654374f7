"""Imported files in PostgreSQL, row by row, and what came of each."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.domain.appointments import TooContended
from services.booking.domain.tables import Row
from shared.db import Transaction, queries

SQL = queries(__file__)
_OVERTAKEN = {"overtaken": TooContended.type}  # the rows that may be tried again


def insert(
    tx: Transaction,
    wanted: Mapping[str, Any],
    rows: Sequence[Row],
    result_ids: Sequence[UUID],
    refusal_type: str,
) -> None:
    """Store an import and its rows; those that cannot be read are refused already."""
    tx.run(SQL["insert"], wanted)
    columns = {
        "lines": [row.line for row in rows],
        "given": [json.dumps(row.cells) for row in rows],
        "result_ids": list(result_ids),
        "refusals": [row.fault for row in rows],
        "refusal_type": refusal_type,
    }
    tx.run(SQL["insert_rows"], {**wanted, **columns})


def find(tx: Transaction, import_id: UUID, *, lock: bool = False) -> dict[str, Any] | None:
    """Return an import; None when it is not in scope."""
    return tx.one(SQL["lock" if lock else "find"], {"id": import_id})


def page(tx: Transaction, clinic_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's imports, the newest first; `binds` hold limit and before_id."""
    return tx.all(SQL["page"], {"clinic_id": clinic_id, **binds})


def rows(
    tx: Transaction, import_id: UUID, status: str | None, binds: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return an import's rows by line; `binds` hold limit, and line of the row before."""
    return tx.all(SQL["rows"], {"import_id": import_id, "status": status, **binds})


def set_status(tx: Transaction, import_id: UUID, status: str, now: datetime) -> None:
    """Stop an import that `find` locked, or let it go on."""
    tx.run(SQL["set_status"], {"id": import_id, "status": status, "now": now})


def wait_again(tx: Transaction, import_id: UUID) -> int:
    """Let the rows that others overtook wait once more; return how many."""
    found = tx.one(SQL["wait_again"], {"import_id": import_id, **_OVERTAKEN})
    return found["rows_again"] if found else 0


def claim(tx: Transaction) -> dict[str, Any] | None:
    """Return the import whose turn it is, locked; None when there is none."""
    return tx.one(SQL["claim"])


def waiting(tx: Transaction, import_id: UUID, limit: int) -> list[dict[str, Any]]:
    """Return the next rows to try: line, given, result_id."""
    return tx.all(SQL["waiting"], {"import_id": import_id, "limit": limit})


def answer(tx: Transaction, import_id: UUID, line: int, came: Mapping[str, Any]) -> bool:
    """Store what came of a row: status, result_id or None, refusal and refusal_type.

    False when somebody answered it before.
    """
    values = {"import_id": import_id, "line": line, **came, **_OVERTAKEN}
    return tx.run(SQL["answer"], values) == 1


def count(tx: Transaction, import_id: UUID, statuses: Sequence[str], now: datetime) -> None:
    """Add what came of some rows to the import's progress."""
    counted = {each: statuses.count(each) for each in ("done", "known", "refused")}
    tx.run(SQL["count"], {"id": import_id, "tried": len(statuses), "now": now, **counted})


def forget_references(tx: Transaction, client_id: UUID) -> None:
    """Delete what a client's appointments were called elsewhere."""
    tx.run(SQL["forget_references"], {"client_id": client_id})


def forget(tx: Transaction, before: datetime) -> int:
    """Delete some imports that came before; return how many."""
    return tx.run(SQL["forget"], {"before": before})


def refer(tx: Transaction, clinic_id: UUID, reference: str, appointment_id: UUID) -> UUID:
    """Give an appointment a reference; return whose it is: this one's, or an earlier one's."""
    values = {"clinic_id": clinic_id, "reference": reference, "appointment_id": appointment_id}
    if tx.run(SQL["refer"], values):
        return appointment_id
    found = tx.one(SQL["referred"], values)
    return found["appointment_id"] if found else appointment_id


def named(tx: Transaction, what: str, clinic_id: UUID, name: str) -> list[UUID]:
    """Return the active treatments or practitioners of a name, at most two."""
    values = {"clinic_id": clinic_id, "name": name}
    return [row["id"] for row in tx.all(SQL[f"{what}s_named"], values)]


def resources(tx: Transaction, clinic_id: UUID, client_ids: Sequence[UUID]) -> list[UUID]:
    """Return the practitioners, rooms and devices of a clinic, and which of these clients are."""
    values = {"clinic_id": clinic_id, "client_ids": list(client_ids)}
    return [row["id"] for row in tx.all(SQL["resources"], values)]


def lock_practitioners(tx: Transaction, clinic_id: UUID) -> None:
    """Wait until nobody else changes a practitioner of a clinic."""
    tx.all(SQL["lock_practitioners"], {"clinic_id": clinic_id})
