"""A session's batches read back: their heads, and the samples of some or all of them.

They travel as COPY sends them and numpy cuts them apart (sent_batches.py): an hour of a session is
3,600 rows, not a quarter of a million Python numbers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from services.device_telemetry.domain.readings import Row, Samples
from services.device_telemetry.domain.runs import (
    LONGEST_BATCH_MS,
    Heads,
    Run,
    merge,
    nothing,
    within,
)
from services.device_telemetry.store import runs
from services.device_telemetry.store.sent_batches import HEADS, Sent
from shared import copying
from shared.db import Transaction, queries
from shared.schemas.batches import moment

SQL = queries(__file__)

PART: Final = 100_000  # samples, or about as many: what parts() reads at once
MOST_HELD: Final = 500_000  # and what it keeps of them: nobody sends so much for half a minute
_LONGEST_BATCH: Final = timedelta(milliseconds=LONGEST_BATCH_MS)
_DELIVERED: Final = (Row.DT_MS, Row.DEPTH_UM, Row.ZONE, Row.SPEED_RPM)
_DRAWN: Final = (*_DELIVERED, Row.CURRENT_MA, Row.TEMPERATURE_CC)


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
    """Samples and where each lies: at `place`, from 0, in the batch `batch` of `boot_id`; int64.

    A batch is named by the number of its first sample.
    """

    run: Run
    boot_id: NDArray[np.int64]
    batch: NDArray[np.int64]
    place: NDArray[np.int64]

    @property
    def seq(self) -> NDArray[np.int64]:
        """Return the number of each sample in its boot."""
        return self.batch + self.place

    def only(self, chosen: NDArray[Any] | slice) -> "Rows":
        """Return those at the indices."""
        return Rows(
            self.run.only(chosen), self.boot_id[chosen], self.batch[chosen], self.place[chosen]
        )


_NOTHING: Final = np.empty(0, dtype=np.int64)
_NO_ROWS: Final = Rows(nothing(), _NOTHING, _NOTHING, _NOTHING)


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
    sent = _ask(tx, where, HEADS)
    shallowest, deepest = (sent.depths(name) for name in HEADS)
    return Heads(
        t0_ms=sent.t0_ms,
        boot_id=sent.boot_id,
        seq=sent.seq,
        n=sent.n,
        shallowest=shallowest,
        deepest=deepest,
    )


def samples(tx: Transaction, where: Stretch) -> Run:
    """Return every sample of the stretch's batches, in the order of time; the battery is zero."""
    return _in_time(_cut(_ask(tx, where, _names(_DRAWN)), _DRAWN)).run


def parts(tx: Transaction, where: Stretch) -> Iterator[Run]:
    """Yield the stretch's samples part by part in the order of time, whatever their number.

    They have depth, zone and speed only.  What a batch holds may come later than batches after it
    begin, so that is kept until nothing earlier can follow; where a device sent more for half a
    minute than MOST_HELD, a part may begin before the one before it ended.
    """
    if where.samples <= PART:
        yield _in_time(_cut(_ask(tx, where, _names(_DELIVERED)), _DELIVERED)).run
        return
    held = nothing()
    for wanted in heads(tx, where).parts(PART):
        begins_ms = int(wanted.t0_ms[0])
        yield within(held, None, begins_ms)
        later = samples_of(tx, where, wanted, _DELIVERED)
        held = merge(within(held, begins_ms, None), later)
        if held.n > MOST_HELD:
            yield held
            held = nothing()
    yield held


def samples_of(
    tx: Transaction, where: Stretch, wanted: Heads, columns: Sequence[Row] = tuple(Row)
) -> Run:
    """Return the samples of the batches `wanted`, in the order of time."""
    return _in_time(rows_of(tx, where, wanted, columns)).run


def rows_of(
    tx: Transaction, where: Stretch, wanted: Heads, columns: Sequence[Row] = tuple(Row)
) -> Rows:
    """Return the samples of the batches `wanted` with their numbers, batch after batch.

    What is not in `columns` is zero.
    """
    if not wanted.batches:
        return _NO_ROWS
    # for a part of a long session the rest is not looked through
    first, last = (moment(int(end)) for end in (wanted.t0_ms.min(), wanted.t0_ms.max()))
    where = replace(where, first=first, last=last + timedelta(milliseconds=1))
    named = {"boots": _array(wanted.boot_id), "seqs": _array(wanted.seq)}
    return _cut(_ask(tx, where, _names(columns), **named), columns)


def gaps(tx: Transaction, session_id: UUID, device_id: UUID) -> int:
    """Return how many holes are open in the streams that carried a session."""
    row = tx.one(SQL["gaps"], {"session_id": session_id, "device_id": device_id})
    return int(row["gaps"]) if row else 0


def other_cartridges(tx: Transaction, where: Stretch, serial: str | None) -> list[str]:
    """Return serials in the stretch's batches that are not `serial`, at most 20."""
    rows = tx.all(SQL["other_cartridges"], where.binds() | {"serial": serial})
    return [row["serial"] for row in rows]


def _ask(tx: Transaction, where: Stretch, columns: Sequence[str], **narrower: Any) -> Sent:
    """Return a stretch's batches with the columns that are asked for.

    `narrower` may name `boots` and `seqs` of the batches wanted.
    """
    wide = {"columns": list(columns), "boots": None, "seqs": None}
    return Sent.of(copying.rows(tx, SQL["batches"], where.binds() | wide | narrower), columns)


def _cut(sent: Sent, columns: Sequence[Row]) -> Rows:
    """Cut the columns apart: an element's place in the bytes follows from its batch's length."""
    of = np.repeat(np.arange(sent.n.size), sent.n)
    place = np.arange(of.size) - np.repeat(np.cumsum(sent.n) - sent.n, sent.n)
    found: Samples = np.zeros((len(Row), of.size), dtype=np.int16)
    for each in columns:
        found[each] = sent.items(each.name.lower(), of, place)
    at_ms = sent.t0_ms[of] + found[Row.DT_MS]
    return Rows(Run(at_ms, found), sent.boot_id[of], sent.seq[of], place)


def _in_time(rows: Rows) -> Rows:
    return rows.only(np.argsort(rows.run.at_ms, kind="stable"))


def _names(columns: Sequence[Row]) -> list[str]:
    return [each.name.lower() for each in columns]


def _array(numbers: NDArray[np.int64]) -> str:
    """Return numbers as PostgreSQL reads an array: thousands, so none is quoted by itself."""
    return "{" + ",".join(map(str, numbers.tolist())) + "}"
