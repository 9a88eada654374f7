"""Weekly opening hours of clinics in PostgreSQL."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
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
    found: defaultdict[UUID, list[Hours]] = defaultdict(list)
    for row in rows:
        stretch = Hours(row["weekday"], row["opens_minute"], row["closes_minute"])
        found[row["clinic_id"]].append(stretch)
    return {clinic_id: tuple(week) for clinic_id, week in found.items()}


def _columns(week: Sequence[Hours]) -> dict[str, list[int]]:
    return {
        "weekdays": [each.weekday for each in week],
        "opens": [each.opens for each in week],
        "closes": [each.closes for each in week],
    }
