"""A clinic's tables as files, a part at a time: the same columns as an import reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.booking.domain import imports as rules
from services.booking.domain.calendars import SHOWN
from services.booking.store import exports as store
from services.booking.usecases import clinics
from shared.db import Transaction

PART = 500  # rows read at once
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


def _cell(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="minutes")
    return "" if value is None else str(value)
