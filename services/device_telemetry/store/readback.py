"""A session's batches read back: their heads, and the samples of some or all of them.

Columns travel as the bytes that PostgreSQL sends for int2[] and are cut apart by numpy: a session
of an hour is four values, not a quarter of a million Python numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from services.device_telemetry.domain.readings import Row, Samples
from services.device_telemetry.domain.runs import LONGEST_BATCH_MS, Heads, Run, nothing
from services.device_telemetry.store import runs
from shared.db import Transaction, queries

SQL = queries(__file__)

_LONGEST_BATCH: Final = timedelta(milliseconds=LONGEST_BATCH_MS)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SINCE_1970_US: Final = 946_684_800_000_000  # PostgreSQL counts from 2000
_ARRAY_HEAD, _ITEM, _ITEM_HEAD = 20, 6, 4  # bytes of a sent int2[]: five int4, then (int4, int2)
_HEAD: Final = np.dtype(
    [
        ("t0", ">i8"),
        ("boot_id", ">i8"),
        ("seq", ">i8"),
        ("n", ">i2"),
        ("depth_min_um", ">i2"),
        ("depth_max_um", ">i2"),
    ]
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Batches of one session from its own device with t0 from `first` to `last`, both included.

    There are at most `batches` with `samples`: as many as the whole session has.
    """

    session_id: UUID
    device_id: UUID
    first: datetime
    last: datetime
    batches: int
    samples: int

    def binds(self) -> dict[str, Any]:
        """Return the values of the queries."""
        return {
            "session_id": self.session_id,
            "device_id": self.device_id,
            "first": self.first,
            "last": self.last,
        }


@dataclass(frozen=True, slots=True)
class Rows:
    """Samples with the boot and the number in it that each had; int64."""

    run: Run
    boot_id: NDArray[np.int64]
    seq: NDArray[np.int64]


def stretch(
    tx: Transaction,
    session: Mapping[str, Any],
    start: datetime | None = None,
    end: datetime | None = None,
) -> Stretch | None:
    """Return where batches lie that may hold samples from `start` (included) to `end` (not).

    None: the session's device has sent nothing for that time.
    """
    found = runs.of_session(tx, session["session_id"])
    if not found:
        return None
    first, last = min(each.first_t0 for each in found), max(each.last_t0 for each in found)
    first = max(first, start - _LONGEST_BATCH) if start else first
    last = min(last, end) if end else last
    if first > last:
        return None
    return Stretch(
        session_id=session["session_id"],
        device_id=session["device_id"],
        first=first,
        last=last,
        batches=sum(each.batches for each in found),
        samples=sum(each.samples for each in found),
    )


def heads(tx: Transaction, where: Stretch) -> Heads:
    """Return what the batches of a stretch are, in the order of t0, without their samples."""
    row = tx.one(SQL["heads"], where.binds())
    found = np.frombuffer(row["heads"] if row else b"", dtype=_HEAD)
    return Heads(
        t0_ms=_milliseconds(found["t0"]),
        boot_id=found["boot_id"].astype(np.int64),
        seq=found["seq"].astype(np.int64),
        n=found["n"].astype(np.int64),
        shallowest=found["depth_min_um"].astype(np.int16),
        deepest=found["depth_max_um"].astype(np.int16),
    )


def samples(tx: Transaction, where: Stretch) -> Run:
    """Return every sample of the stretch's batches, in the order of time; the battery is zero."""
    return _in_time(_cut(tx.one(SQL["columns"], where.binds())).run)


def depths(tx: Transaction, where: Stretch) -> Run:
    """Return what samples() does, with current and temperature left zero as well."""
    return _in_time(_cut(tx.one(SQL["depths"], where.binds())).run)


def samples_of(tx: Transaction, where: Stretch, wanted: Heads) -> Run:
    """Return the samples of the batches `wanted`, in the order of time."""
    return _in_time(rows_of(tx, where, wanted).run)


def rows_of(tx: Transaction, where: Stretch, wanted: Heads) -> Rows:
    """Return the samples of the batches `wanted` with their numbers, batch after batch."""
    if not wanted.batches:
        return _cut(None)
    named = {
        "boots": wanted.boot_id.tolist(),
        "seqs": wanted.seq.tolist(),
        "t0": [_EPOCH + timedelta(milliseconds=each) for each in wanted.t0_ms.tolist()],
    }
    return _cut(tx.one(SQL["columns_of"], where.binds() | named))


def gaps(tx: Transaction, session_id: UUID, device_id: UUID) -> int:
    """Return how many holes are open in the streams that carried a session."""
    row = tx.one(SQL["gaps"], {"session_id": session_id, "device_id": device_id})
    return int(row["gaps"]) if row else 0


def other_cartridges(tx: Transaction, where: Stretch, serial: str | None) -> list[str]:
    """Return serials in the stretch's batches that are not `serial`, at most 20."""
    rows = tx.all(SQL["other_cartridges"], where.binds() | {"serial": serial})
    return [row["serial"] for row in rows]


def _cut(row: Mapping[str, Any] | None) -> Rows:
    """Cut the columns apart: an element's place in the bytes follows from its batch's length."""
    if row is None:
        return Rows(nothing(), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    n = np.frombuffer(row["n"], dtype=">i2").astype(np.int64)
    of = np.repeat(np.arange(n.size), n)
    number = np.arange(of.size)
    place = number * _ITEM + (of + 1) * _ARRAY_HEAD + _ITEM_HEAD
    found: Samples = np.zeros((len(Row), of.size), dtype=np.int16)
    for each in (asked for asked in Row if asked.name.lower() in row):
        column = np.frombuffer(row[each.name.lower()], dtype=np.uint8)
        found[each] = (column[place].astype(np.uint16) << 8 | column[place + 1]).view(np.int16)
    at_ms = _milliseconds(np.frombuffer(row["t0"], dtype=">i8"))[of] + found[Row.DT_MS]
    boot_id, seq = (
        np.frombuffer(row[name], dtype=">i8").astype(np.int64)[of] for name in ("boot_id", "seq")
    )
    return Rows(Run(at_ms, found), boot_id, seq + number - (np.cumsum(n) - n)[of])


def _in_time(run: Run) -> Run:
    order = np.argsort(run.at_ms, kind="stable")
    return Run(run.at_ms[order], run.samples[:, order])


def _milliseconds(sent: NDArray[Any]) -> NDArray[np.int64]:
    """Return milliseconds since 1970 from microseconds since 2000."""
    found: NDArray[np.int64] = (sent.astype(np.int64) + _SINCE_1970_US) // 1000
    return found
