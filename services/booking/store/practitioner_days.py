"""Exceptions of practitioners' dates in PostgreSQL."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def insert(tx: Transaction, exception: Mapping[str, Any]) -> bool:
    """Store a new exception; False when the date has one already."""
    return bool(tx.run(SQL["insert"], _columns(exception)))


def update(tx: Transaction, exception: Mapping[str, Any]) -> None:
    """Store an exception that `find` locked; its version grows by one."""
    tx.run(SQL["update"], _columns(exception))


def forget(tx: Transaction, clinic_id: UUID, exception_id: UUID) -> None:
    """Remove an exception that `find` locked."""
    tx.run(SQL["forget"], {"clinic_id": clinic_id, "id": exception_id})


def find(
    tx: Transaction,
    clinic_id: UUID,
    practitioner_id: UUID,
    exception_id: UUID,
    *,
    lock: bool = False,
) -> dict[str, Any] | None:
    """Return an exception of a practitioner; `hours` as pairs of minutes."""
    who = {"clinic_id": clinic_id, "practitioner_id": practitioner_id, "id": exception_id}
    return tx.one(SQL["lock" if lock else "find"], who)


def between(
    tx: Transaction, clinic_id: UUID, practitioner_id: UUID, first: date, last: date
) -> list[dict[str, Any]]:
    """Return the exceptions of dates, both ends included, by date."""
    who = {"clinic_id": clinic_id, "practitioner_id": practitioner_id}
    return tx.all(SQL["between"], {**who, "first": first, "last": last})


def _columns(exception: Mapping[str, Any]) -> dict[str, Any]:
    return {**exception, "hours": json.dumps(exception["hours"])}
