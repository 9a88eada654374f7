"""Many batches on the wire, read together: those of one binary layout share what a look costs."""

import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import numpy as np

from shared.schemas import batches
from shared.schemas.batches import (
    BINARY,
    COLUMNS,
    CRC_BYTES,
    EARLIEST_MS,
    HAS_SESSION,
    HEADER,
    LATEST_MS,
    MOST_COUNTED,
    MOST_SAMPLES,
    Batch,
    BatchUnreadable,
)


class Layout(NamedTuple):
    """What binary batches must have in common to be records of one array."""

    n: int
    has_session: bool
    serial_bytes: int

    @property
    def padded_bytes(self) -> int:
        """Return what the serial takes: columns begin at an even place."""
        return self.serial_bytes + self.serial_bytes % 2

    @property
    def bytes(self) -> int:
        """Return how long such a batch is."""
        return HEADER.size + self.padded_bytes + 2 * len(COLUMNS) * self.n + CRC_BYTES


def read_all(bodies: Sequence[bytes]) -> list[Batch | BatchUnreadable]:
    """Return for each body what `batches.read` returns or raises.

    What is not in order at the common look is read alone, which tells the reason.
    """
    found: list[Batch | None] = [None] * len(bodies)
    for layout, places in _by_layout(bodies).items():
        batches_read = _of_layout(layout, [bodies[place] for place in places])
        for place, batch in zip(places, batches_read, strict=True):
            found[place] = batch
    return [batch or _alone(body) for body, batch in zip(bodies, found, strict=True)]


def _by_layout(bodies: Sequence[bytes]) -> dict[Layout, list[int]]:
    """Return the places of binary bodies that are as long as their header says."""
    found: dict[Layout, list[int]] = {}
    for place, body in enumerate(bodies):
        if body[:1] == _BINARY and len(body) >= HEADER.size:
            layout = _layout(body[1], body[2:4], body[_SERIAL_BYTES_AT])
            if len(body) == layout.bytes and 0 < layout.n <= MOST_SAMPLES:
                found.setdefault(layout, []).append(place)
    return found


@lru_cache(maxsize=256)
def _layout(flags: int, n: bytes, serial_bytes: int) -> Layout:
    return Layout(int.from_bytes(n, "little"), bool(flags & HAS_SESSION), serial_bytes)


def _of_layout(layout: Layout, bodies: Sequence[bytes]) -> Iterator[Batch | None]:
    """Yield the batch in each body; None where something is not in order."""
    records = np.frombuffer(b"".join(bodies), dtype=_record(layout))
    in_order = (
        (records["crc"] == [zlib.crc32(body[:-CRC_BYTES]) for body in bodies])
        & (records["seq"] <= MOST_COUNTED)
        & (records["uptime_ms"] <= MOST_COUNTED)
        & (records["t0_ms"] >= EARLIEST_MS)
        & (records["t0_ms"] < LATEST_MS)
    )
    names = ("boot_id", "seq", "t0_ms", "uptime_ms", "session", "serial")
    columns = (records[name].tolist() for name in names)
    for good, boot_id, seq, t0_ms, uptime_ms, session, serial, samples in zip(
        in_order.tolist(), *columns, records["samples"], strict=True
    ):
        try:
            yield (
                Batch(
                    boot_id=boot_id,
                    seq=seq,
                    t0=batches.moment(t0_ms),
                    uptime_ms=uptime_ms,
                    session_id=_uuid(session) if layout.has_session else None,
                    cartridge_serial=_serial(serial[: layout.serial_bytes]),
                    samples=samples,
                )
                if good
                else None
            )
        except BatchUnreadable:
            yield None


@lru_cache(maxsize=256)
def _record(layout: Layout) -> np.dtype[np.void]:
    return np.dtype(
        [
            ("head", "V4"),
            ("boot_id", "<u4"),
            ("seq", "<u8"),
            ("t0_ms", "<i8"),
            ("uptime_ms", "<u8"),
            ("session", "V16"),
            ("serial_bytes", "V2"),
            ("serial", f"V{layout.padded_bytes}"),
            ("samples", "<i2", (len(COLUMNS), layout.n)),
            ("crc", "<u4"),
        ]
    )


_BINARY = bytes([BINARY])
_SERIAL_BYTES_AT = HEADER.size - 2
_uuid = lru_cache(maxsize=4096)(lambda raw: UUID(bytes=raw))
_serial = lru_cache(maxsize=4096)(batches.serial)


def _alone(body: bytes) -> Batch | BatchUnreadable:
    try:
        return batches.read(body)
    except BatchUnreadable as wrong:
        return wrong
