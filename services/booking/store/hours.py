"""Weekly hours of clinics and practitioners in PostgreSQL."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from services.booking.domain.hours import Hours
from shared.db import Transaction, queries

SQL = queries(__file__)


def set_opening(tx: Transaction, clinic_id: UUID, week: Sequence[Hours]) -> None:
    """Replace a clinic's opening hours."""
    tx.run(SQL["forget_opening"], {"clinic_id": clinic_id})
    tx.run(SQL["open"], {"clinic_id": clinic_id, **_columns(week)})


def opening(tx: Transaction, clinic_ids: Iterable[UUID]) -> dict[UUID, tuple[Hours, ...]]:
    """Return the opening hours of each clinic."""
    rows = tx.all(SQL["opening"], {"clinic_ids": list(clinic_ids)})
    return _grouped(rows, "clinic_id")


def set_working(
    tx: Transaction, clinic_id: UUID, practitioner_id: UUID, week: Sequence[Hours]
) -> None:
    """Replace a practitioner's hours at a clinic."""
    who = {"clinic_id": clinic_id, "practitioner_id": practitioner_id}
    tx.run(SQL["forget_working"], who)
    tx.run(SQL["work"], {**who, **_columns(week)})


def working(
    tx: Transaction, clinic_id: UUID, *, active_only: bool = False
) -> dict[UUID, tuple[Hours, ...]]:
    """Return the hours of each practitioner of a clinic."""
    rows = tx.all(SQL["working"], {"clinic_id": clinic_id, "active_only": active_only})
    return _grouped(rows, "practitioner_id")


def _columns(week: Sequence[Hours]) -> dict[str, list[int]]:
    return {
        "weekdays": [each.weekday for each in week],
        "opens": [each.opens for each in week],
        "closes": [each.closes for each in week],
    }


def _grouped(rows: list[dict[str, Any]], key: str) -> dict[UUID, tuple[Hours, ...]]:
    found: defaultdict[UUID, list[Hours]] = defaultdict(list)
    for row in rows:
        found[row[key]].append(Hours(row["weekday"], row["opens_minute"], row["closes_minute"]))
    return {owner: tuple(week) for owner, week in found.items()}
