"""Batches of readings: written many at once by binary COPY, read back by session."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import numpy as np

from services.device_telemetry.domain.readings import Row, Samples
from services.device_telemetry.store.batch_rows import COLUMNS, Written, as_copy
from shared.db import Transaction, queries

SQL = queries(__file__)

# These stand here: the stage lives only inside a writer's session, so nothing can EXPLAIN them.
# Row-level security forbids COPY on the table itself.  A stage may be older than a column that a
# migration added since, so the columns are named.
_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS batch_stage
(LIKE device_telemetry.batches) ON COMMIT DELETE ROWS
"""
_COLUMNS = ", ".join(COLUMNS)
_COPY = f"COPY pg_temp.batch_stage ({_COLUMNS}) FROM STDIN (FORMAT binary)"
_INSERT = (
    f"INSERT INTO device_telemetry.batches ({_COLUMNS}) "  # noqa: S608 # our own columns' names
    f"SELECT {_COLUMNS} FROM pg_temp.batch_stage"
)

_EMPTY = "TRUNCATE pg_temp.batch_stage"

Key = tuple[UUID, int, int]  # device, boot, seq: names a batch for ever


@dataclass(frozen=True, slots=True)
class Early:
    """A stored batch to be held against limits that came after it.  `offset_ms` is its boot's."""

    boot_id: int
    seq: int
    t0: datetime
    offset_ms: int | None
    samples: Samples


def prepare(tx: Transaction, *, used: bool) -> None:
    """Make the place from which `insert` writes, with the next statement's trip.

    `used`: this transaction may have written from it before.
    """
    tx.later(_STAGE)
    if used:
        tx.later(_EMPTY)


def insert(tx: Transaction, written: Sequence[Written]) -> None:
    """Write batches that are not there yet: their streams, held by `tx`, have said so."""
    tx.copy_expert(_COPY, BytesIO(as_copy(written)))
    tx.later(_INSERT)


def digests(tx: Transaction, names: Sequence[tuple[Key, datetime]]) -> dict[Key, int]:
    """Return the digest of each batch (name, t0) that is stored."""
    columns = {
        "devices": [key[0] for key, _ in names],
        "boots": [key[1] for key, _ in names],
        "seqs": [key[2] for key, _ in names],
        "t0": [t0 for _, t0 in names],
        **_days([t0 for _, t0 in names]),
    }
    rows = tx.all(SQL["digests"], columns)
    return {(row["device_id"], row["boot_id"], row["seq"]): row["digest"] for row in rows}


def early(tx: Transaction, session_id: UUID) -> list[Early]:
    """Return a session's batches, its own device's, that count nothing over a limit."""
    span = _span(tx, session_id)
    if span is None:
        return []
    rows = tx.all(SQL["early"], {"session_id": session_id, **span})
    return [
        Early(row["boot_id"], row["seq"], row["t0"], row["offset_ms"], _samples(row))
        for row in rows
    ]


def note_over_limit(tx: Transaction, device_id: UUID, over: Sequence[tuple[Early, int]]) -> None:
    """Write how many samples of a device's batches are over the limit."""
    if over:
        columns = {
            "boots": [each.boot_id for each, _ in over],
            "seqs": [each.seq for each, _ in over],
            "t0": [each.t0 for each, _ in over],
            "over_limit_n": [count for _, count in over],
        }
        days = _days([each.t0 for each, _ in over])
        tx.later(SQL["note_over_limit"], {"device_id": device_id, **columns, **days})


def make_days(tx: Transaction, first: date, last: date) -> int:
    """Make the partitions that are missing; return how many."""
    row = tx.one(SQL["make_days"], {"first": first, "last": last})
    return int(row["made"]) if row else 0


def days_ahead(tx: Transaction, first: date) -> int:
    """Return how many days there are from `first` on, none missing in between."""
    row = tx.one(SQL["days_ahead"], {"first": first})
    return int(row["days"]) if row else 0


def drop_days(tx: Transaction, before: date) -> int:
    """Drop the partitions of days before; return how many."""
    row = tx.one(SQL["drop_days"], {"before": before})
    return int(row["dropped"]) if row else 0


def _span(tx: Transaction, session_id: UUID) -> dict[str, datetime] | None:
    """Return first_t0 and last_t0 of a session's batches; None when there are none."""
    span = tx.one(SQL["span"], {"session_id": session_id})
    return span if span and span["first_t0"] else None


def _days(t0: Sequence[datetime]) -> dict[str, datetime]:
    """Return the bounds that keep a statement inside the days which it needs."""
    return {"first_t0": min(t0), "last_t0": max(t0)}


def _samples(row: dict[str, Any]) -> Samples:
    found = np.zeros((len(Row), row["n"]), dtype=np.int16)
    for each in Row:
        if each is not Row.BATTERY_PERMILLE:
            found[each] = row[each.name.lower()]
    return found
