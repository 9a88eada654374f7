"""Batches of readings, many devices at once: stored exactly once, or set aside with a reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from services.device_telemetry.domain import coverage, minutes, readings, topics
from services.device_telemetry.domain.coverage import Place
from services.device_telemetry.domain.places import recorded_at
from services.device_telemetry.domain.readings import Impossible, Row
from services.device_telemetry.domain.topics import Source
from services.device_telemetry.store import (
    batches,
    devices,
    places,
    runs,
    sessions,
    states,
    streams,
)
from services.device_telemetry.store import minutes as minute_store
from services.device_telemetry.store.batches import Key, Stored
from services.device_telemetry.store.runs import Part
from services.device_telemetry.store.streams import Latest, Name, Stream
from services.device_telemetry.usecases import causes, limits, set_aside
from services.device_telemetry.usecases.causes import Known, Rules
from services.device_telemetry.usecases.set_aside import Message, Refused
from shared.db import Transaction
from shared.schemas import batches as wire
from shared.schemas.batches import Batch, BatchUnreadable

SUMMARISE_AFTER = timedelta(seconds=5)  # late readings of one session come together


@dataclass(frozen=True, slots=True)
class Arrival:
    """A batch that could be read, and where it came from."""

    message: Message
    source: Source
    batch: Batch

    @property
    def stream(self) -> Name:
        """Return the device and boot."""
        return self.source.device_id, self.batch.boot_id

    @property
    def key(self) -> Key:
        """Return the batch's name."""
        return self.source.device_id, self.batch.boot_id, self.batch.seq


def store(tx: Transaction, messages: Sequence[Message], now: datetime) -> None:
    """Store what is new, set aside what is no batch, and raise the alarms that follow.

    Whoever calls commits and then acknowledges: a message that comes again changes nothing.
    """
    refused: list[Refused] = []
    arrivals = list(_of_known_devices(tx, _read(messages, now, refused), refused, now))
    if arrivals:
        held = streams.lock(tx, {each.stream: each.source.clinic_id for each in arrivals})
        before = {name: coverage.holes(stream.covered) for name, stream in held.items()}
        new, again = _place(arrivals, held, refused)
        _compare(tx, new, again, refused)
        _keep(tx, new, held, now)
        for name, stream in held.items():
            streams.note_gaps(tx, stream, before[name], now)
        states.seen(tx, {each.source.device_id for each in arrivals}, now)
    set_aside.put_all(tx, refused, now)


def _read(messages: Iterable[Message], now: datetime, refused: list[Refused]) -> Iterable[Arrival]:
    for message in messages:
        source = topics.source(message.topic)
        if source is None:
            refused.append(Refused(message, None, "bad_topic", "The topic names no device."))
            continue
        try:
            batch = wire.read(message.body)
            readings.require_possible(batch.samples, batch.t0, now)
        except (BatchUnreadable, Impossible) as wrong:
            refused.append(Refused(message, source, wrong.reason, str(wrong)))
            continue
        yield Arrival(message, source, batch)


def _of_known_devices(
    tx: Transaction, read: Iterable[Arrival], refused: list[Refused], now: datetime
) -> Iterable[Arrival]:
    """Yield what known devices sent, as of the clinic where it was recorded."""
    arrivals = list(read)
    device_ids = {each.source.device_id for each in arrivals}
    owners, left = devices.owners(tx, device_ids), places.left(tx, device_ids)
    for each in arrivals:
        here, _ = owners.get(each.source.device_id, (None, None))
        clinic_id = recorded_at(each.source, here, left, each.batch.t0, now)
        if clinic_id:
            yield replace(each, source=replace(each.source, clinic_id=clinic_id))
        else:
            detail = "No such device in the clinic that the topic names."
            refused.append(Refused(each.message, each.source, "unknown_device", detail))


def _place(
    arrivals: Sequence[Arrival], held: dict[Name, Stream], refused: list[Refused]
) -> tuple[list[Arrival], list[Arrival]]:
    """Return what is new and what came again; what can be neither is refused."""
    new, again = [], []
    for each in arrivals:
        stream = held[each.stream]
        first, end = each.batch.seq, each.batch.seq + each.batch.n
        where = coverage.place(stream.covered, first, end)
        if where is Place.NEW:
            covered = coverage.add(stream.covered, first, end)
            if len(covered) > coverage.MOST_RANGES:
                detail = f"The stream has more than {coverage.MOST_RANGES} holes."
                refused.append(Refused(each.message, each.source, "too_many_gaps", detail))
                continue
            stream.covered = covered
            new.append(each)
        elif where is Place.HELD:
            again.append(each)
        else:
            detail = "Some of these samples have arrived in another batch."
            refused.append(Refused(each.message, each.source, "overlaps", detail))
    return new, again


def _compare(
    tx: Transaction, new: Sequence[Arrival], again: Sequence[Arrival], refused: list[Refused]
) -> None:
    """Let true repeats go by; a batch under a used name with other facts is refused."""
    if not again:
        return
    known = {each.key: each.batch.digest for each in new}
    elsewhere = [(each.key, each.batch.t0) for each in again if each.key not in known]
    if elsewhere:
        known |= batches.digests(tx, elsewhere)
    for each in again:
        if known.get(each.key) != each.batch.digest:
            detail = "Other readings have arrived under these numbers."
            refused.append(Refused(each.message, each.source, "contradicts", detail))


def _keep(tx: Transaction, new: Sequence[Arrival], held: dict[Name, Stream], now: datetime) -> None:
    """Write new batches, count them, and hold them against the limits."""
    if not new:
        return
    known = _sessions(tx, {each.batch.session_id for each in new})
    rows = [_row(each, held[each.stream], known, now) for each in new]
    inserted = batches.insert(tx, rows)
    stored = [row for row in rows if row.key in inserted]
    _count(tx, stored)
    advanced = [held[name] for name in sorted({each.stream for each in new})]
    streams.advance(tx, advanced, now)
    runs.note(tx, _runs(stored, known), now)
    sessions.arrived_late(tx, _ended(new, known), now + SUMMARISE_AFTER)
    offsets = {(each.device_id, each.boot_id): each.offset_ms for each in advanced}
    limits.judge(tx, causes.of_stored(stored, known, offsets), _ends(stored), now)


def _ended(new: Sequence[Arrival], known: Known) -> list[UUID]:
    """Return the sessions that have ended and got more readings from their own device."""
    rules = (causes.rules_of(known, each.source.device_id, each.batch.session_id) for each in new)
    return sorted({rule.session["session_id"] for rule in rules if rule and not rule.is_open})


def _ends(stored: Sequence[Stored]) -> dict[UUID, datetime]:
    """Return until when each device's readings reach."""
    found: dict[UUID, datetime] = {}
    for row in stored:
        end = readings.moment(row.samples, -1, row.t0)
        found[row.device_id] = max(end, found.get(row.device_id, end))
    return found


def _runs(stored: Sequence[Stored], known: Known) -> list[Part]:
    """Return what newly stored batches add to the runs of their sessions."""
    found: dict[tuple[UUID, UUID, int], Part] = {}
    for row in stored:
        if row.session_id:
            name = (row.session_id, row.device_id, row.boot_id)
            part = _part(row, row.session_id, known)
            found[name] = found[name].joined(part) if name in found else part
    return [found[name] for name in sorted(found)]


def _part(row: Stored, session_id: UUID, known: Known) -> Part:
    needling = bool(readings.needling(row.samples).any())
    return Part(
        session_id=session_id,
        device_id=row.device_id,
        boot_id=row.boot_id,
        clinic_id=row.clinic_id,
        first_t0=row.t0,
        last_t0=row.t0,
        batches=1,
        samples=int(row.samples.shape[1]),
        needling_at=row.t0 if needling else None,
        depth_max_um=int(row.samples[Row.DEPTH_UM].max()),
        announced=causes.rules_of(known, row.device_id, session_id) is not None,
    )


def _sessions(tx: Transaction, wanted: Iterable[UUID | None]) -> Known:
    session_ids = {each for each in wanted if each}
    known = sessions.several(tx, session_ids)
    zones = sessions.limits_of(tx, set(known))
    return {
        session_id: Rules(row, {each["zone"]: each["limit_um"] for each in zones[session_id]})
        for session_id, row in known.items()
    }


def _row(each: Arrival, stream: Stream, known: Known, now: datetime) -> Stored:
    """Return a batch as it is written, and carry its stream's clock forward."""
    batch = each.batch
    end = readings.moment(batch.samples, -1, batch.t0)
    offset_ms = (now - end) // timedelta(milliseconds=1)
    stream.last_at = max(end, stream.last_at or end)
    stream.offset_ms = min(offset_ms, offset_ms if stream.offset_ms is None else stream.offset_ms)
    if batch.seq + batch.n == stream.covered[-1][1]:
        stream.latest = Latest(batch.samples[:, -1].tolist(), end, batch.session_id)
    rule = causes.rules_of(known, each.source.device_id, batch.session_id)
    over = (
        readings.over_limit(batch.samples, rule.limits) if rule else np.zeros(batch.n, dtype=bool)
    )
    return Stored(
        device_id=each.source.device_id,
        clinic_id=each.source.clinic_id,
        session_id=batch.session_id,
        boot_id=batch.boot_id,
        seq=batch.seq,
        t0=batch.t0,
        received_at=now,
        uptime_ms=batch.uptime_ms,
        clock_offset_ms=offset_ms,
        digest=batch.digest,
        over_limit=over,
        cartridge_serial=batch.cartridge_serial,
        samples=batch.samples,
    )


def _count(tx: Transaction, stored: Sequence[Stored]) -> None:
    """Add newly stored batches to their minutes."""
    owners = sorted({(row.device_id, row.clinic_id) for row in stored})
    index = {device_id: number for number, (device_id, _) in enumerate(owners)}
    parts = [
        minutes.Part(index[row.device_id], wire.milliseconds(row.t0), row.over_limit, row.samples)
        for row in stored
    ]
    minute_store.add(tx, minutes.count(parts), owners)
