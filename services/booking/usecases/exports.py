"""A clinic's tables as files, a part at a time: the same columns as an import reads."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.booking.domain import imports as rules
from services.booking.domain.calendars import SHOWN
from services.booking.domain.hours import clock
from services.booking.store import exports as store
from services.booking.usecases import clinics
from shared.db import Transaction

PART = 500  # rows read at once
ROTAS_PART = 100  # of some stretches each
Cells = Sequence[str]
Cursor = tuple[datetime, UUID]


def head(kind: str) -> Cells:
    """Return the first line of a file."""
    return rules.COLUMNS[kind].known


def appointments(
    tx: Transaction, wanted: Mapping[str, Any], after: Cursor | None
) -> tuple[list[Cells], Cursor | None]:
    """Return the next rows, and where the rows after them begin; None when these are the last.

    `wanted`: clinic_id, starts_from, starts_until.  What was cancelled or missed is left out.
    Raises ClinicUnknown.
    """
    zone = ZoneInfo(clinics.find(tx, wanted["clinic_id"])["time_zone"])
    starts_at, last_id = after or (None, None)
    binds = {"after_starts_at": starts_at, "after_id": last_id, "limit": PART}
    rows = store.appointments(tx, {**wanted, **binds, "statuses": list(SHOWN)})
    cells: list[Cells] = [[_cell(row[name], zone) for name in head("appointments")] for row in rows]
    if len(rows) < PART:
        return cells, None
    return cells, (rows[-1]["starts_at"], rows[-1]["id"])


def rotas(
    tx: Transaction, wanted: Mapping[str, Any], after: tuple[UUID, UUID] | None
) -> tuple[list[Cells], tuple[UUID, UUID] | None]:
    """Return the next rows, one for each stretch of a rota, as `appointments` does.

    `wanted`: clinic_id, first and last day.  Raises ClinicUnknown.
    """
    clinics.find(tx, wanted["clinic_id"])
    person_id, last_id = after or (None, None)
    binds = {"after_practitioner_id": person_id, "after_id": last_id, "limit": ROTAS_PART}
    rows = store.rotas(tx, {**wanted, **binds})
    cells: list[Cells] = [
        [_cell({**row, **entry}[name]) for name in head("rotas")]
        for row in rows
        for entry in _stretches(row["hours"])
    ]
    if len(rows) < ROTAS_PART:
        return cells, None
    return cells, (rows[-1]["practitioner_id"], rows[-1]["id"])


def _stretches(hours: Sequence[Sequence[int]]) -> Iterator[dict[str, Any]]:
    for week, weekday, opens, closes in hours:
        yield {"week": week, "weekday": weekday, "opens": clock(opens), "closes": clock(closes)}


def _cell(value: Any, zone: ZoneInfo | None = None) -> str:
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="minutes")
    if isinstance(value, list):
        return " ".join(value)
    return "" if value is None else str(value)
