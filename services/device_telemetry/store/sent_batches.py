"""Batches as rows of PostgreSQL's binary COPY, taken apart by numpy: no number is read alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from services.device_telemetry.domain.readings import Row

HEADS: Final = ("depth_min_um", "depth_max_um")
# The order of what may be asked for, behind n, t0, boot_id and seq.
ASKED: Final = (*HEADS, *(row.name.lower() for row in Row))

_SINCE_1970_US: Final = 946_684_800_000_000  # until 2000, from which PostgreSQL counts
_SIZE: Final = 4  # bytes that say how long a field or an array's item is
_N, _T0, _BOOT, _SEQ, _FIRST_ASKED = 6, 12, 24, 36, 44  # where in a row the values begin
_ARRAY_HEAD, _ITEM = 20, 6  # bytes of a sent int2[]: five int4, then (int4, int2) each


@dataclass(frozen=True, slots=True)
class Sent:
    """Batches in the order of t0, and of one moment by boot and number; an element each, int64."""

    n: NDArray[np.int64]
    t0_us: NDArray[np.int64]  # since 2000
    boot_id: NDArray[np.int64]
    seq: NDArray[np.int64]
    _bytes: NDArray[np.uint8]
    _fields: dict[str, NDArray[np.int64]]  # where each field that was asked for begins

    @classmethod
    def of(cls, rows: Sequence[bytes], asked: Sequence[str]) -> Self:
        """Return what the rows say, in which the columns `asked` are not null."""
        sent = np.frombuffer(b"".join(rows), dtype=np.uint8)
        begin = np.array([0, *accumulate(map(len, rows))], dtype=np.int64)[: len(rows)]
        t0_us, boot_id, seq = (_values(sent, begin + at, ">i8") for at in (_T0, _BOOT, _SEQ))
        order = np.lexsort([seq, boot_id, t0_us])
        begin = begin[order]
        n = _values(sent, begin + _N, ">i2")
        fields, at = {}, begin + _FIRST_ASKED
        for name in ASKED:
            if name in asked:
                fields[name] = at + _SIZE
                at = at + (2 if name in HEADS else _ARRAY_HEAD + _ITEM * n)
            at = at + _SIZE
        return cls(n, t0_us[order], boot_id[order], seq[order], sent, fields)

    @property
    def t0_ms(self) -> NDArray[np.int64]:
        """Return milliseconds since 1970."""
        return (self.t0_us + _SINCE_1970_US) // 1000

    def depths(self, name: str) -> NDArray[np.int16]:
        """Return a column of HEADS."""
        return _values(self._bytes, self._fields[name], ">i2").astype(np.int16)

    def items(
        self, name: str, batch: NDArray[np.int64], place: NDArray[np.int64]
    ) -> NDArray[np.int16]:
        """Return the values at each `place`, from 0, of each `batch`, by its index."""
        at = self._fields[name][batch] + _ARRAY_HEAD + _SIZE + place * _ITEM
        high, low = self._bytes[at].astype(np.uint16), self._bytes[at + 1]
        value: NDArray[np.int16] = (high << 8 | low).view(np.int16)
        return value


def _values(sent: NDArray[np.uint8], at: NDArray[np.int64], kind: str) -> NDArray[np.int64]:
    width = np.dtype(kind).itemsize
    found: NDArray[Any] = sent[at[:, np.newaxis] + np.arange(width)].view(kind)
    return found[:, 0].astype(np.int64)
