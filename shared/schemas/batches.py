"""A batch of readings on the wire: columnar JSON, or the fixed binary layout; both say the same.

`docs/device-protocol.md` gives the layout and test vectors.  Shapes only: whether the figures are
possible is for device telemetry to judge.
"""

import hashlib
import json
import struct
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from marshmallow import ValidationError, fields, validate
from numpy.typing import NDArray

from shared.schemas.base import INT8, EventData, Id, Moment, Text, Whole

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
MOST_BYTES = 64 * 1024
MOST_COUNTED = INT8 - MOST_SAMPLES  # so that seq + n still fits
BINARY = 0x01
HEADER = struct.Struct("<BBHIQqQ16sBB")  # docs/device-protocol.md, "Binary layout"
HAS_SESSION = 0x01
_UINT4 = 2**32 - 1
CRC_BYTES = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST_MS, LATEST_MS = -2_208_988_800_000, 7_258_118_400_000  # years 1900 to 2200
_INT2 = np.iinfo(np.int16)

Samples = NDArray[np.int16]


class BatchUnreadable(ValueError):
    """The bytes are no batch.  `reason` is a stable code, the message says more, never values."""

    def __init__(self, reason: str, detail: str) -> None:
        """Keep the code beside the sentence."""
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch.  `samples` is int16 of shape (7, n), rows in the order of COLUMNS."""

    boot_id: int
    seq: int
    t0: datetime
    uptime_ms: int
    session_id: UUID | None
    cartridge_serial: str | None
    samples: Samples

    @property
    def n(self) -> int:
        """Return how many samples it holds."""
        return int(self.samples.shape[1])

    @property
    def digest(self) -> int:
        """Return 64 bits of BLAKE2b over the facts: the same in both encodings."""
        session = self.session_id.bytes if self.session_id else b""
        serial = (self.cartridge_serial or "").encode()
        head = f"{milliseconds(self.t0)} {self.uptime_ms} {len(session)} ".encode()
        state = hashlib.blake2b(head + session + serial, digest_size=8)
        state.update(self.samples.astype("<i2").tobytes())
        return int.from_bytes(state.digest(), "little", signed=True)


class BatchEnvelope(EventData):
    """A batch as JSON.  The columns are checked together, as numbers, not one by one."""

    v = Whole(required=True, validate=validate.Equal(1))
    boot_id = Whole(required=True, most=_UINT4)
    seq = Whole(required=True, most=MOST_COUNTED)
    session_id = Id(required=True, allow_none=True)
    t0 = Moment(required=True)
    uptime_ms = Whole(required=True, most=MOST_COUNTED)
    cartridge_serial = Text(required=True, allow_none=True, most=64)
    dt_ms = fields.Raw(required=True)
    zone = fields.Raw(required=True)
    depth_um = fields.Raw(required=True)
    speed_rpm = fields.Raw(required=True)
    current_ma = fields.Raw(required=True)
    temperature_cc = fields.Raw(required=True)
    battery_permille = fields.Raw(required=True)


_ENVELOPE = BatchEnvelope()


def read(body: bytes) -> Batch:
    """Return the batch in `body`; its first byte tells the encoding.  Raises BatchUnreadable."""
    if len(body) > MOST_BYTES:
        raise BatchUnreadable("too_large", f"More than {MOST_BYTES} bytes.")
    if body[:1] == b"{":
        return _read_json(body)
    if body[:1] == bytes([BINARY]):
        return _read_binary(body)
    raise BatchUnreadable("unknown_encoding", "The first byte is neither '{' nor 0x01.")


def glance(body: bytes) -> tuple[UUID | None, Samples] | None:
    """Return session and samples of a JSON batch, unchecked; None where they cannot be read.

    For whoever only asks which batch to read first: reading one takes four to eight times as long.
    """
    if len(body) > MOST_BYTES:  # such are refused unread, and reading them takes longest
        return None
    try:
        said = orjson.loads(body)
        samples = np.array([said[name] for name in COLUMNS], dtype=np.int16)
        session_id = UUID(said["session_id"]) if said["session_id"] else None
        return (session_id, samples.reshape(len(COLUMNS), -1)) if samples.size else None
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None


def milliseconds(moment: datetime) -> int:
    """Return whole milliseconds since 1970, rounded down."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def moment(ms: int) -> datetime:
    """Return the moment so many milliseconds after 1970."""
    return _EPOCH + timedelta(milliseconds=ms)


def serial(raw: bytes) -> str | None:
    """Return the cartridge's serial; None for no bytes.  Raises BatchUnreadable."""
    try:
        said = Text(most=64).deserialize(raw.decode()) if raw else None
    except (ValidationError, UnicodeDecodeError) as wrong:
        raise BatchUnreadable(
            "bad_envelope", "Not as the protocol says: cartridge_serial."
        ) from wrong
    return None if said is None else str(said)


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`.  Raises BatchUnreadable."""
    try:
        said = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as wrong:
        raise BatchUnreadable("not_json", "The body is not proper JSON in UTF-8.") from wrong
    if not isinstance(said, dict):
        raise BatchUnreadable("not_json", "The body is not a JSON object.")
    return said


def field_names(wrong: ValidationError) -> str:
    """Return the names of the fields that were refused, never their values."""
    said = wrong.messages if isinstance(wrong.messages, dict) else {"_schema": wrong.messages}
    return ", ".join(sorted(str(name)[:60] for name in said))


def _read_json(body: bytes) -> Batch:
    try:
        said: dict[str, Any] = _ENVELOPE.load(read_object(body))
    except (ValidationError, OverflowError) as wrong:
        names = field_names(wrong) if isinstance(wrong, ValidationError) else "a number"
        raise BatchUnreadable("bad_envelope", f"Not as the protocol says: {names}.") from wrong
    return Batch(
        boot_id=said["boot_id"],
        seq=said["seq"],
        t0=_whole_milliseconds(said["t0"]),
        uptime_ms=said["uptime_ms"],
        session_id=said["session_id"],
        cartridge_serial=said["cartridge_serial"],
        samples=_columns([said[name] for name in COLUMNS]),
    )


def _columns(columns: list[Any]) -> Samples:
    if not all(isinstance(column, list) for column in columns):
        raise BatchUnreadable("bad_columns", "A column is not a list.")
    if len({len(column) for column in columns}) != 1:
        raise BatchUnreadable("unequal_columns", "The columns are not equally long.")
    _check_count(len(columns[0]))
    for name, column in zip(COLUMNS, columns, strict=True):
        if set(map(type, column)) != {int}:  # true is an int to isinstance, and no reading
            raise BatchUnreadable("bad_columns", f"{name} holds something that is no whole number.")
        if min(column) < _INT2.min or max(column) > _INT2.max:
            raise BatchUnreadable("out_of_range", f"{name} does not fit 16 bits.")
    return np.array(columns, dtype=np.int16)


def _read_binary(body: bytes) -> Batch:
    if len(body) < HEADER.size + CRC_BYTES:
        raise BatchUnreadable("bad_length", "Shorter than a header.")
    head = HEADER.unpack_from(body)
    _, flags, n, boot_id, seq, t0_ms, uptime_ms, session, serial_bytes, _ = head
    _check_count(n)
    start = HEADER.size + serial_bytes + serial_bytes % 2
    if len(body) != start + 2 * len(COLUMNS) * n + CRC_BYTES:
        raise BatchUnreadable("bad_length", "The length does not follow from the header.")
    if zlib.crc32(body[:-CRC_BYTES]) != int.from_bytes(body[-CRC_BYTES:], "little"):
        raise BatchUnreadable("bad_crc", "The CRC-32 does not match.")
    if max(seq, uptime_ms) > MOST_COUNTED or not EARLIEST_MS <= t0_ms < LATEST_MS:
        raise BatchUnreadable("bad_envelope", "Not as the protocol says: seq, uptime_ms or t0.")
    columns = np.frombuffer(body, dtype="<i2", count=len(COLUMNS) * n, offset=start)
    return Batch(
        boot_id=boot_id,
        seq=seq,
        t0=moment(t0_ms),
        uptime_ms=uptime_ms,
        session_id=UUID(bytes=session) if flags & HAS_SESSION else None,
        cartridge_serial=serial(body[HEADER.size : HEADER.size + serial_bytes]),
        samples=columns.reshape(len(COLUMNS), n),
    )


def _check_count(n: int) -> None:
    if n == 0:
        raise BatchUnreadable("no_samples", "The batch is empty.")
    if n > MOST_SAMPLES:
        raise BatchUnreadable("too_many_samples", f"More than {MOST_SAMPLES} samples.")


def _whole_milliseconds(moment: datetime) -> datetime:
    """Return what the binary layout would say: batches are named to the millisecond."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON.")
