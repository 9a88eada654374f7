"""Batches as bytes, in both encodings.  A batch is frozen when it is cut: bytes never change."""

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

COLUMNS = (
    "dt_ms",
    "zone",
    "depth_um",
    "speed_rpm",
    "current_ma",
    "temperature_cc",
    "battery_permille",
)
MOST_SAMPLES = 1000
_HEADER = struct.Struct("<BBHIQqQ16sBB")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings of a pen.  `columns` holds seven equally long lists of int16, as in COLUMNS."""

    boot_id: int
    seq: int
    t0: datetime
    uptime_ms: int
    columns: Sequence[Sequence[int]]
    session_id: UUID | None = None
    cartridge_serial: str | None = None
    n: int = field(init=False)

    def __post_init__(self) -> None:
        """Refuse what the platform would set aside."""
        lengths = {len(column) for column in self.columns}
        if len(self.columns) != len(COLUMNS) or len(lengths) != 1:
            raise ValueError("Seven columns of one length are needed.")
        object.__setattr__(self, "n", lengths.pop())
        if not 1 <= self.n <= MOST_SAMPLES:
            raise ValueError(f"A batch holds 1 to {MOST_SAMPLES} samples.")


def as_json(batch: Batch) -> bytes:
    """Return the batch as columnar JSON."""
    said = {
        "v": 1,
        "boot_id": batch.boot_id,
        "seq": batch.seq,
        "session_id": str(batch.session_id) if batch.session_id else None,
        "t0": rfc3339(batch.t0),
        "uptime_ms": batch.uptime_ms,
        "cartridge_serial": batch.cartridge_serial,
    }
    columns = {name: list(each) for name, each in zip(COLUMNS, batch.columns, strict=True)}
    return json.dumps({**said, **columns}, separators=(",", ":")).encode()


def as_binary(batch: Batch) -> bytes:
    """Return the batch in the fixed binary layout: header, serial, columns, CRC-32."""
    serial = (batch.cartridge_serial or "").encode()
    head = _HEADER.pack(
        1,
        1 if batch.session_id else 0,
        batch.n,
        batch.boot_id,
        batch.seq,
        (batch.t0 - _EPOCH) // timedelta(milliseconds=1),
        batch.uptime_ms,
        batch.session_id.bytes if batch.session_id else bytes(16),
        len(serial),
        0,
    )
    padding = b"\0" * (len(serial) % 2)
    columns = b"".join(struct.pack(f"<{batch.n}h", *column) for column in batch.columns)
    body = head + serial + padding + columns
    return body + zlib.crc32(body).to_bytes(4, "little")


ENCODINGS = {"json": as_json, "binary": as_binary}


def rfc3339(moment: datetime) -> str:
    """Return a moment as the protocol writes it: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
