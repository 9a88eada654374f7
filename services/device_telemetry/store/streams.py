"""Streams of readings: which sample numbers have arrived, and the holes between them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.device_telemetry.domain import coverage
from services.device_telemetry.domain.coverage import Range
from shared.db import Transaction, queries

SQL = queries(__file__)

Name = tuple[UUID, int]  # device and boot
RECENT: Final = (
    200  # ranges of a boot that are written with each batch, at most twice as many: 6 kB
)


@dataclass(frozen=True, slots=True)
class Latest:
    """The last sample by number: seven values in the order of the wire, when, in which session."""

    values: Sequence[int]
    at: datetime
    session_id: UUID | None


@dataclass(slots=True)
class Stream:
    """One boot of a device, held by this transaction; what it gains is written by `advance`."""

    device_id: UUID
    boot_id: int
    clinic_id: UUID
    covered: list[Range]
    last_at: datetime | None
    offset_ms: int | None
    settled: Sequence[Range] = ()  # the beginning of `covered`, as it is stored apart
    latest: Latest | None = None  # only when this transaction brought it
    # by clinic, when the last sample was taken that this transaction brought
    reached: dict[UUID, datetime] = field(default_factory=dict)


class _Overtaken(Exception):
    """Another transaction began one of the streams: to hold that too, all must be let go first."""


def lock(tx: Transaction, wanted: Mapping[Name, UUID], most: int) -> dict[Name, Stream]:
    """Return the streams of each (device, boot), begun where new.  Values are the clinics.

    A stream is missing in the answer where its device has `most` boots already.
    """
    while True:
        try:
            with tx.savepoint():
                rows = _held(tx, wanted, most)
        except _Overtaken:
            continue  # one more is there than before, so this ends
        return {(row["device_id"], row["boot_id"]): _stream(row) for row in rows}


def _held(tx: Transaction, wanted: Mapping[Name, UUID], most: int) -> list[dict[str, Any]]:
    """Hold what is there, in order, and then begin what is not."""
    names = sorted(wanted)
    rows = tx.all(SQL["lock"], _columns(names, wanted))
    known = {(row["device_id"], row["boot_id"]) for row in rows}
    missing = [name for name in names if name not in known]
    if missing and (new := _that_fit(tx, missing, most)):
        begun = tx.all(SQL["begin"], _columns(new, wanted))
        if len(begun) < len(new):
            raise _Overtaken
        rows += begun
    return rows


def _columns(names: Sequence[Name], clinics: Mapping[Name, UUID]) -> dict[str, Sequence[Any]]:
    return {
        "devices": [device for device, _ in names],
        "boots": [boot for _, boot in names],
        "clinics": [clinics[name] for name in names],
    }


def _that_fit(tx: Transaction, names: Sequence[Name], most: int) -> list[Name]:
    """Return those names, in order, for which their devices have room."""
    counted = tx.all(SQL["count"], {"devices": sorted({device for device, _ in names})})
    room = {row["device_id"]: most - row["boots"] for row in counted}
    fitting = []
    for name in names:
        left = room.get(name[0], most)
        if left > 0:
            fitting.append(name)
        room[name[0]] = left - 1
    return fitting


def hold(tx: Transaction, device_id: UUID) -> set[int]:
    """Keep readings of a device's boots out until the end of the transaction; return the boots.

    A boot that begins meanwhile waits only if the device's row is held FOR UPDATE next.
    """
    return {row["boot_id"] for row in tx.all(SQL["hold"], {"device_id": device_id})}


def boots(tx: Transaction, device_id: UUID) -> set[int]:
    """Return the boots of a device from which readings have come."""
    return {row["boot_id"] for row in tx.all(SQL["boots"], {"device_id": device_id})}


def advance(tx: Transaction, streams: Collection[Stream], now: datetime) -> None:
    """Write what streams gained."""
    parts = [_parts(each) for each in streams]
    columns: dict[str, list[Any]] = {
        "devices": [each.device_id for each in streams],
        "boots": [each.boot_id for each in streams],
        "settled": [None if old is None else _literal(coverage.flat(old)) for old, _ in parts],
        "covered": [_literal(coverage.flat(recent)) for _, recent in parts],
        "last_at": [each.last_at for each in streams],
        "offset_ms": [each.offset_ms for each in streams],
        "latest": [_literal(each.latest.values) if each.latest else None for each in streams],
        "latest_at": [each.latest.at if each.latest else None for each in streams],
        "latest_session_id": [each.latest.session_id if each.latest else None for each in streams],
    }
    tx.later(SQL["advance"], {**columns, "now": now})


def note_gaps(tx: Transaction, stream: Stream, before: Sequence[Range], now: datetime) -> None:
    """Write how the holes of a held stream changed; a part of one is as old as the whole was."""
    after = coverage.holes(stream.covered)
    closed, opened = sorted({*before} - {*after}), sorted({*after} - {*before})
    name = {"device_id": stream.device_id, "boot_id": stream.boot_id}
    known = {}
    if closed:
        gone = tx.all(SQL["close_gaps"], {**name, "from_seq": [hole[0] for hole in closed]})
        known = {(row["from_seq"], row["to_seq"]): row["seen_at"] for row in gone}
    if opened:
        columns = {
            "from_seq": [hole[0] for hole in opened],
            "to_seq": [hole[1] for hole in opened],
            "seen_at": list(coverage.since(opened, known, now).values()),
        }
        tx.later(SQL["open_gaps"], {**name, **columns, "clinic_id": stream.clinic_id})


def holes(tx: Transaction, device_ids: Collection[UUID], most: int) -> dict[UUID, int]:
    """Return how many holes each device has, in all its boots; of more than `most` that many."""
    rows = tx.all(SQL["holes"], {"devices": sorted(device_ids), "most": most})
    return {row["device_id"]: row["holes"] for row in rows}


def forget(tx: Transaction, before: datetime, most: int) -> int:
    """Delete at most so many boots without holes, silent since `before`; return how many."""
    return tx.run(SQL["forget"], {"before": before, "most": most})


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
    settled = coverage.ranges(row["settled"])
    covered = [*settled, *coverage.ranges(row["covered"])]
    return Stream(**row | {"settled": settled, "covered": covered})


def _parts(stream: Stream) -> tuple[Sequence[Range] | None, Sequence[Range]]:
    """Return a stream's older ranges, None where they stay as they are stored, and its youngest.

    A batch as a rule changes the last range or adds one: the others are written once and again only
    when a hole among them is filled, or when the youngest have become too many.
    """
    covered, many = stream.covered, len(stream.settled)
    if many < len(covered) <= many + 2 * RECENT and covered[:many] == list(stream.settled):
        return None, covered[many:]
    at = max(0, len(covered) - RECENT)
    return covered[:at], covered[at:]


def _literal(numbers: Sequence[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"
