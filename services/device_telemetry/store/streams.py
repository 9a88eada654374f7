"""Streams of readings: which sample numbers have arrived, and the holes between them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.device_telemetry.domain import coverage
from services.device_telemetry.domain.coverage import Range
from shared.db import Transaction, queries

SQL = queries(__file__)

Name = tuple[UUID, int]  # device and boot


@dataclass(slots=True)
class Stream:
    """One boot of a device, held by this transaction; what it gains is written by `advance`."""

    device_id: UUID
    boot_id: int
    clinic_id: UUID
    covered: list[Range]
    last_at: datetime | None
    offset_ms: int | None


def lock(tx: Transaction, wanted: Mapping[Name, UUID]) -> dict[Name, Stream]:
    """Return the streams of each (device, boot), begun where new.  Values are the clinics."""
    names = sorted(wanted)
    columns = {
        "devices": [device for device, _ in names],
        "boots": [boot for _, boot in names],
        "clinics": [wanted[name] for name in names],
    }
    rows = tx.all(SQL["lock"], columns)
    if len(rows) < len(names):
        tx.run(SQL["begin"], columns)
        rows = tx.all(SQL["lock"], columns)
    return {(row["device_id"], row["boot_id"]): _stream(row) for row in rows}


def advance(tx: Transaction, streams: Collection[Stream], now: datetime) -> None:
    """Write what streams gained."""
    columns: dict[str, list[Any]] = {
        "devices": [each.device_id for each in streams],
        "boots": [each.boot_id for each in streams],
        "covered": [_literal(coverage.flat(each.covered)) for each in streams],
        "last_at": [each.last_at for each in streams],
        "offset_ms": [each.offset_ms for each in streams],
    }
    tx.run(SQL["advance"], {**columns, "now": now})


def note_gaps(tx: Transaction, stream: Stream, now: datetime) -> None:
    """Write which holes of a held stream are open, each since it was first seen."""
    name = {"device_id": stream.device_id, "boot_id": stream.boot_id}
    known = {(row["from_seq"], row["to_seq"]): row["seen_at"] for row in tx.all(SQL["gaps"], name)}
    wanted = coverage.since(coverage.holes(stream.covered), known, now)
    if known:
        tx.run(SQL["forget_gaps"], name)
    if wanted:
        columns = {
            "from_seq": [hole[0] for hole in wanted],
            "to_seq": [hole[1] for hole in wanted],
            "seen_at": list(wanted.values()),
        }
        tx.run(SQL["note_gaps"], {**name, **columns, "clinic_id": stream.clinic_id})


def gaps_of_device(
    tx: Transaction, device_id: UUID, binds: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return a device's holes after (`boot_id`, `from_seq`), at most `limit`."""
    return tx.all(SQL["gaps_of_device"], {"device_id": device_id, **binds})


def open_too_long(tx: Transaction, before: datetime) -> list[dict[str, Any]]:
    """Return device_id, clinic_id, seen_at and missing (samples) of holes older than `before`."""
    return tx.all(SQL["open_too_long"], {"before": before})


def filled(tx: Transaction, before: datetime) -> list[UUID]:
    """Return devices whose alarm for old holes has ended."""
    return [row["device_id"] for row in tx.all(SQL["filled"], {"before": before})]


def _stream(row: dict[str, Any]) -> Stream:
    return Stream(**row | {"covered": coverage.ranges(row["covered"])})


def _literal(numbers: Sequence[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"
