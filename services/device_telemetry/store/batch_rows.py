"""Batches as rows of PostgreSQL's binary COPY: those of one layout are filled in together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, Self
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from services.device_telemetry.domain.blocks import Block
from services.device_telemetry.domain.readings import Row
from shared import copying

# The order in which rows are written, and the columns that COPY and INSERT name.
COLUMNS = (
    "device_id",
    "clinic_id",
    "session_id",
    "boot_id",
    "seq",
    "t0",
    "received_at",
    "uptime_ms",
    "clock_offset_ms",
    "digest",
    "n",
    "depth_min_um",
    "depth_max_um",
    "speed_mean_rpm",
    "current_max_ma",
    "temperature_max_cc",
    "over_limit_n",
    "cartridge_serial",
    *(row.name.lower() for row in Row),
)

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_INT2_OID = 21
_UUIDS, _LARGE, _SMALL = COLUMNS[:3], COLUMNS[3:10], COLUMNS[10:17]
_BEFORE_ARRAYS = 18


@dataclass(frozen=True, slots=True)
class Stored:
    """A batch as it is written, without its samples."""

    device_id: UUID
    clinic_id: UUID
    session_id: UUID | None
    boot_id: int
    seq: int
    t0: datetime
    uptime_ms: int
    clock_offset_ms: int
    digest: int
    cartridge_serial: str | None


class Layout(NamedTuple):
    """What rows must have in common to be filled in together."""

    n: int
    has_session: bool
    serial_bytes: int

    @classmethod
    def of(cls, n: int, session_id: UUID | None, cartridge_serial: str | None) -> Self:
        """Return the layout of a batch of `n` samples."""
        return cls(n, session_id is not None, len((cartridge_serial or "").encode()))


@dataclass(frozen=True, slots=True)
class Written:
    """Batches of one layout as they are written together."""

    layout: Layout
    rows: Sequence[Stored]
    block: Block
    over_limit: NDArray[np.bool_]  # (batches, n)
    received_at: datetime


_SAID = set(COLUMNS) & set(Stored.__slots__)


def as_copy(written: Sequence[Written]) -> bytes:
    """Return what COPY reads."""
    return b"".join([copying.SIGNATURE, *map(_rows, written), copying.TRAILER])


def _rows(written: Written) -> bytes:
    rows, block = written.rows, written.block
    frame = np.repeat(_frame(written.layout), len(rows))
    for name in _SAID.intersection(frame.dtype.names or ()):
        frame[name] = _values(name, [getattr(row, name) for row in rows])
    frame["received_at"] = _microseconds(written.received_at)
    frame["depth_min_um"] = block.low[:, Row.DEPTH_UM]
    frame["depth_max_um"] = block.high[:, Row.DEPTH_UM]
    frame["speed_mean_rpm"] = block.row(Row.SPEED_RPM).sum(axis=1) // written.layout.n
    frame["current_max_ma"] = block.high[:, Row.CURRENT_MA]
    frame["temperature_max_cc"] = block.high[:, Row.TEMPERATURE_CC]
    frame["over_limit_n"] = written.over_limit.sum(axis=1)
    frame["arrays"]["items"]["value"] = block.samples
    return bytes(frame.tobytes())


def _values(name: str, said: Sequence[Any]) -> Any:
    """Return a column of Stored as its field in the frame takes it."""
    if name in _UUIDS:
        return np.frombuffer(b"".join(each.bytes for each in said), dtype="V16")
    if name == "t0":
        return [_microseconds(each) for each in said]
    if name == "cartridge_serial":
        return [each.encode() for each in said]
    return said


@lru_cache(maxsize=256)
def _frame(layout: Layout) -> Any:
    """Return one row of a layout as a numpy record: its sizes are there, its values are zero."""
    n, has_session, serial_bytes = layout
    widths = dict.fromkeys(_UUIDS, "V16") | dict.fromkeys(_LARGE, ">i8")
    widths |= dict.fromkeys(_SMALL, ">i2") | {"cartridge_serial": f"S{serial_bytes}"}
    null = {"session_id"} if not has_session else set()
    null |= {"cartridge_serial"} if not serial_bytes else set()
    fields: list[Any] = [("fields", ">i2")]
    for name, width in ((name, widths[name]) for name in COLUMNS[:_BEFORE_ARRAYS]):
        fields.append((f"{name}_size", ">i4"))
        fields += [] if name in null else [(name, width)]
    item = np.dtype([("size", ">i4"), ("value", ">i2")])
    array = np.dtype([("size", ">i4"), ("head", ">i4", (5,)), ("items", item, (n,))])
    frame = np.zeros(1, dtype=[*fields, ("arrays", array, (len(Row),))])
    for name in COLUMNS[:_BEFORE_ARRAYS]:
        frame[f"{name}_size"] = -1 if name in null else frame.dtype[name].itemsize
    frame["fields"], frame["n"] = len(COLUMNS), n
    frame["arrays"]["size"] = array.itemsize - 4
    frame["arrays"]["head"] = (1, 0, _INT2_OID, n, 1)
    frame["arrays"]["items"]["size"] = item["value"].itemsize
    return frame


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
