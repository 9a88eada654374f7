"""Batches of readings: written many at once by binary COPY, read back by session."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from services.device_telemetry.domain.readings import Row, Samples
from shared.db import Transaction, queries

SQL = queries(__file__)

# These stand here: the stage lives only inside a writer's session, so nothing can EXPLAIN them.
# COPY cannot skip what is there already, and row-level security forbids it on the table itself.
_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS batch_stage
(LIKE device_telemetry.batches) ON COMMIT DELETE ROWS
"""
_COPY = "COPY pg_temp.batch_stage FROM STDIN (FORMAT binary)"
_INSERT = """
INSERT INTO device_telemetry.batches SELECT * FROM pg_temp.batch_stage
ON CONFLICT DO NOTHING RETURNING device_id, boot_id, seq
"""

Key = tuple[UUID, int, int]  # device, boot, seq: names a batch for ever

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_TRAILER = struct.pack(">h", -1)
_FIELDS = struct.pack(">h", 25)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_INT2_OID = 21
_U, _Q, _H = 16, 8, 2
# device, clinic; session; boot, seq, t0, received, uptime, offset, digest; n and six summaries
_IDS = struct.Struct(">i16si16s")
_NUMBERS = struct.Struct(">" + "iq" * 7 + "ih" * 7)
_ARRAY_HEAD = struct.Struct(">iiiiii")


@dataclass(frozen=True, slots=True)
class Stored:
    """A batch as it is written.  `samples` is int16 of shape (7, n)."""

    device_id: UUID
    clinic_id: UUID
    session_id: UUID | None
    boot_id: int
    seq: int
    t0: datetime
    received_at: datetime
    uptime_ms: int
    clock_offset_ms: int
    digest: int
    over_limit: NDArray[np.bool_]  # one flag a sample
    cartridge_serial: str | None
    samples: Samples

    @property
    def key(self) -> Key:
        """Return the batch's name."""
        return self.device_id, self.boot_id, self.seq


@dataclass(frozen=True, slots=True)
class Early:
    """A stored batch to be held against limits that came after it.  `offset_ms` is its boot's."""

    boot_id: int
    seq: int
    t0: datetime
    offset_ms: int | None
    samples: Samples


def insert(tx: Transaction, rows: Sequence[Stored]) -> set[Key]:
    """Write batches and return the names of those that were not there yet."""
    tx.execute(_STAGE)
    copied = BytesIO(b"".join([_SIGNATURE, *map(_row, rows), _TRAILER]))
    tx.copy_expert(_COPY, copied)
    tx.execute(_INSERT)
    return {(row["device_id"], row["boot_id"], row["seq"]) for row in tx.fetchall()}


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


def drop_days(tx: Transaction, before: date) -> int:
    """Drop the partitions of days before; return how many."""
    row = tx.one(SQL["drop_days"], {"before": before})
    return int(row["dropped"]) if row else 0


def _row(row: Stored) -> bytes:
    """Return a batch as a row of PostgreSQL's binary COPY, columns as in the migration."""
    samples = row.samples
    low, high = samples.min(axis=1), samples.max(axis=1)
    numbers = (row.boot_id, row.seq, _microseconds(row.t0), _microseconds(row.received_at))
    large = (*numbers, row.uptime_ms, row.clock_offset_ms, row.digest)
    small = (
        samples.shape[1],
        int(low[Row.DEPTH_UM]),
        int(high[Row.DEPTH_UM]),
        int(samples[Row.SPEED_RPM].mean()),
        int(high[Row.CURRENT_MA]),
        int(high[Row.TEMPERATURE_CC]),
        int(row.over_limit.sum()),
    )
    tagged = [part for value in large for part in (_Q, value)]
    tagged += [part for value in small for part in (_H, value)]
    return b"".join(
        (
            _FIELDS,
            _IDS.pack(_U, row.device_id.bytes, _U, row.clinic_id.bytes),
            _bytes(row.session_id.bytes if row.session_id else None),
            _NUMBERS.pack(*tagged),
            _bytes(row.cartridge_serial.encode() if row.cartridge_serial else None),
            _arrays(samples),
        )
    )


def _arrays(samples: Samples) -> bytes:
    """Return the seven columns as int2[] values: one strided copy into a prepared frame."""
    frame = _frame(samples.shape[1]).copy()
    frame["items"]["value"] = samples
    return bytes(frame.tobytes())


@lru_cache(maxsize=64)
def _frame(n: int) -> Any:
    """Return seven empty int2[] values of n elements, as numpy records."""
    item = np.dtype([("size", ">i4"), ("value", ">i2")])
    frame = np.zeros(
        len(Row), dtype=[("size", ">i4"), ("head", ">i4", (5,)), ("items", item, (n,))]
    )
    frame["size"] = _ARRAY_HEAD.size - 4 + n * item.itemsize
    frame["head"] = (1, 0, _INT2_OID, n, 1)
    frame["items"]["size"] = _H
    return frame


def _bytes(value: bytes | None) -> bytes:
    return struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


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
