"""Batches of readings, many devices at once: stored exactly once, or set aside with a reason."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from prometheus_client import Counter as Metric

from services.device_telemetry.domain import coverage, readings
from services.device_telemetry.domain.blocks import Block
from services.device_telemetry.domain.coverage import Place, Range
from services.device_telemetry.domain.places import recorded_at
from services.device_telemetry.store import batches, devices, places, sessions, states, streams
from services.device_telemetry.store.batch_rows import Layout, Stored, Written
from services.device_telemetry.store.streams import Latest, Name, Stream
from services.device_telemetry.usecases import (
    causes,
    clocks,
    decoding,
    floods,
    limits,
    set_aside,
    sums,
)
from services.device_telemetry.usecases.causes import Kept, Known, Rules
from services.device_telemetry.usecases.decoding import Arrival
from services.device_telemetry.usecases.limits import InVain
from services.device_telemetry.usecases.origins import Origins
from services.device_telemetry.usecases.set_aside import Message, Refused
from shared.db import Transaction

STORED = Metric("needlepoint_device_samples_total", "Samples stored")
REPEATED = Metric("needlepoint_device_batches_repeated_total", "Batches that came again")
SUMMARISE_AFTER = timedelta(seconds=5)  # late readings of one session come together

Placed = tuple[Arrival, Stream]  # a new batch, and the stream that it extends


def store(tx: Transaction, messages: Sequence[Message], now: datetime) -> None:
    """Store what is new, set aside what is no batch, and raise the alarms that follow.

    Whoever calls commits and then acknowledges: a message that comes again changes nothing.
    """
    refused: list[Refused] = []
    possible, strange = decoding.read(messages, now, refused)
    arrivals = _of_known_devices(tx, possible, refused, now)
    if strange:
        strange = _of_known_devices(tx, strange, [], now)
    if arrivals or strange:
        wanted = {each.stream: each.source.clinic_id for each in arrivals}
        held = streams.lock(tx, wanted, coverage.MOST_BOOTS)
        before = {name: coverage.holes(stream.covered) for name, stream in held.items()}
        known = _sessions(tx, {each.batch.session_id for each in (*arrivals, *strange)})
        room = _Room(tx, {device_id for device_id, _ in held})
        new, again = _place(_of_held_streams(arrivals, held, refused), held, known, room, refused)
        _compare(tx, new, again, refused)
        shown = _shown([*strange, *_among(arrivals, refused)], known, now)
        if new:
            _keep(tx, new, shown, known, now)
        else:
            limits.judge(tx, [], {}, now, in_vain=shown)
        _count(new)
        REPEATED.inc(len(again))
        floods.repeated(Counter(each.source.device_id for each in again))
        for name, stream in held.items():
            streams.note_gaps(tx, stream, before[name], now)
        heard = [each for each in (*arrivals, *strange) if not each.message.again]
        states.seen(tx, {each.source.device_id for each in heard}, now)
    set_aside.put_all(tx, refused, now)


def _of_known_devices(
    tx: Transaction, arrivals: Sequence[Arrival], refused: list[Refused], now: datetime
) -> list[Arrival]:
    """Return what known devices sent, as of the clinic where it was recorded."""
    device_ids = {each.source.device_id for each in arrivals}
    owners, left = devices.owners(tx, device_ids), places.left(tx, device_ids)
    origins = Origins(tx)
    found = []
    for each in arrivals:
        here, _ = owners.get(each.source.device_id, (None, None))
        came_at = each.message.came_at or now
        t0 = each.batch.t0
        if any(t0 < before.until for before in left.get(each.source.device_id, ())):
            t0 = origins.taken_at(each.source.device_id, each.batch)
        clinic_id = recorded_at(each.source, here, left, t0, came_at)
        if clinic_id == each.source.clinic_id:
            found.append(each)
        elif clinic_id:
            found.append(replace(each, source=replace(each.source, clinic_id=clinic_id)))
        else:
            detail = "No such device in the clinic that the topic names."
            refused.append(Refused(each.message, each.source, "unknown_device", detail))
    return found


def _of_held_streams(
    arrivals: Sequence[Arrival], held: Mapping[Name, Stream], refused: list[Refused]
) -> list[Arrival]:
    """Return what belongs to a stream; who begins one after the other is kept out for a while."""
    found = []
    for each in arrivals:
        if each.stream in held:
            found.append(each)
            continue
        detail = f"The device has come up more than {coverage.MOST_BOOTS} times."
        refused.append(Refused(each.message, each.source, "too_many_boots", detail))
        floods.invents(each.source.device_id)
    return found


class _Room:
    """For how many holes more each device has room; the database is asked when one opens."""

    def __init__(self, tx: Transaction, device_ids: Collection[UUID]) -> None:
        """Nothing is known yet."""
        self._tx = tx
        self._device_ids = device_ids
        self._left: dict[UUID, int] = {}

    def take(self, device_id: UUID) -> bool:
        """Say whether a hole may open; count it then."""
        if not self._left:
            found = streams.holes(self._tx, self._device_ids, coverage.MOST_HOLES)
            self._left = {each: coverage.MOST_HOLES - many for each, many in found.items()}
        self._left[device_id] -= 1
        return self._left[device_id] >= 0


def _place(
    arrivals: Sequence[Arrival],
    held: dict[Name, Stream],
    known: Known,
    room: _Room,
    refused: list[Refused],
) -> tuple[list[Placed], list[Arrival]]:
    """Return what is new and what came again; what can be neither is refused."""
    new: list[Placed] = []
    again: list[Arrival] = []
    for each in arrivals:
        stream = held[each.stream]
        first, end = each.batch.seq, each.batch.seq + each.batch.n
        where = coverage.place(stream.covered, first, end)
        if where is Place.NEW:
            covered = coverage.add(stream.covered, first, end)
            if refusal := _refusal(each, stream, covered, known, room):
                refused.append(Refused(each.message, each.source, *refusal))
                continue
            stream.covered = covered
            new.append((each, stream))
        elif where is Place.HELD:
            again.append(each)
        else:
            detail = "Some of these samples have arrived in another batch."
            refused.append(Refused(each.message, each.source, "overlaps", detail))
    return new, again


def _refusal(
    each: Arrival, stream: Stream, covered: Sequence[Range], known: Known, room: _Room
) -> tuple[str, str] | None:
    """Return reason and detail where there is no room for a new batch and what it leaves open."""
    if len(covered) > coverage.MOST_RANGES:
        return "too_many_gaps", f"The stream has more than {coverage.MOST_RANGES} holes."
    if len(covered) > len(stream.covered) > 0 and not room.take(each.source.device_id):
        return "too_many_gaps", f"The device has more than {coverage.MOST_HOLES} holes."
    rules = causes.rules_of(known, each.source.device_id, each.batch.session_id)
    if rules and rules.is_full:
        return "session_full", "The session has as many samples, or batches, as can be summed up."
    return None


def _compare(
    tx: Transaction, new: Sequence[Placed], again: Sequence[Arrival], refused: list[Refused]
) -> None:
    """Let true repeats go by; a batch under a used name with other facts is refused."""
    if not again:
        return
    known = {each.key: each.batch.digest for each, _ in new}
    elsewhere = [(each.key, each.batch.t0) for each in again if each.key not in known]
    if elsewhere:
        known |= batches.digests(tx, elsewhere)
    for each in again:
        if known.get(each.key) != each.batch.digest:
            detail = "Other readings have arrived under these numbers."
            refused.append(Refused(each.message, each.source, "contradicts", detail))


def _among(arrivals: Sequence[Arrival], refused: Sequence[Refused]) -> list[Arrival]:
    """Return the arrivals that are refused."""
    in_vain = {id(each.message) for each in refused}
    return [each for each in arrivals if id(each.message) in in_vain]


def _shown(in_vain: Sequence[Arrival], known: Known, now: datetime) -> InVain:
    """Return what batches show that are not stored, when they first come.

    Their clock or their numbers are wrong; a danger that they show is none the less.
    """
    alone = [
        (each, Stream(*each.stream, each.source.clinic_id, [(0, 0)], None, None))
        for each in in_vain
        if not each.message.again
    ]
    blocks = _blocks(alone, known, now)
    found = causes.of_kept(blocks, {each.stream: None for each, _ in alone})
    behind = {
        each.source.device_id: by
        for each, stream in alone
        if (by := clocks.behind(*each.stream, stream.offset_ms or 0, now))
    }
    return InVain(found, _reached([stream for _, stream in alone]), behind)


def _keep(
    tx: Transaction, new: Sequence[Placed], shown: InVain, known: Known, now: datetime
) -> None:
    """Write new batches, count them, and hold them against the limits.  `shown` by others."""
    again = any(each.message.again for each, _ in new)  # each by itself, many a transaction
    batches.prepare(tx, used=again)
    kept = _blocks(new, known, now)
    batches.insert(tx, [each.written for each in kept])
    carried = sums.add(tx, kept, now)
    advanced = list({id(stream): stream for _, stream in new}.values())
    streams.advance(tx, advanced, now)
    sessions.arrived_late(tx, _ended(kept), now + SUMMARISE_AFTER)
    offsets = {(each.device_id, each.boot_id): each.offset_ms for each in advanced}
    found = causes.of_kept(kept, offsets)
    if again:
        found = [replace(each, late=True) for each in found]
        carried = []
    limits.judge(tx, found, _reached(advanced), now, in_vain=shown, carried=carried)


def _count(new: Sequence[Placed]) -> None:
    """Count what is newly stored: for us, and against what its device may fill."""
    samples: Counter[UUID] = Counter()
    for each, _ in new:
        samples[each.source.device_id] += each.batch.n
    STORED.inc(samples.total())
    floods.stored(samples)


def _sessions(tx: Transaction, wanted: Iterable[UUID | None]) -> Known:
    session_ids = {each for each in wanted if each}
    known = sessions.several(tx, session_ids)
    zones = sessions.limits_of(tx, set(known))
    return {
        session_id: Rules(row, {each["zone"]: each["limit_um"] for each in zones[session_id]})
        for session_id, row in known.items()
    }


def _row(each: Arrival, stream: Stream, now: datetime) -> Stored:
    """Return a batch as it is written, and carry its stream forward."""
    batch, source = each.batch, each.source
    end = readings.moment(batch.samples, -1, batch.t0)
    offset_ms = (now - end) // timedelta(milliseconds=1)
    stream.last_at = max(end, stream.last_at or end)
    stream.reached[source.clinic_id] = max(end, stream.reached.get(source.clinic_id, end))
    stream.offset_ms = min(offset_ms, offset_ms if stream.offset_ms is None else stream.offset_ms)
    if batch.seq + batch.n == stream.covered[-1][1]:
        stream.latest = Latest(batch.samples[:, -1].tolist(), end, batch.session_id)
    return Stored(
        device_id=source.device_id,
        clinic_id=source.clinic_id,
        session_id=batch.session_id,
        boot_id=batch.boot_id,
        seq=batch.seq,
        t0=batch.t0,
        uptime_ms=batch.uptime_ms,
        clock_offset_ms=offset_ms,
        digest=batch.digest,
        cartridge_serial=batch.cartridge_serial,
    )


def _blocks(new: Sequence[Placed], known: Known, now: datetime) -> list[Kept]:
    """Return batches in blocks of one layout, each sample held against its limit."""
    layouts: dict[Layout, list[Placed]] = {}
    for each, stream in new:
        batch = each.batch
        layout = Layout.of(batch.n, batch.session_id, batch.cartridge_serial)
        layouts.setdefault(layout, []).append((each, stream))
    found = []
    for layout, alike in layouts.items():
        rows = [_row(each, stream, now) for each, stream in alike]
        block = Block.of([each.batch.samples for each, _ in alike])
        rules = [causes.rules_of(known, row.device_id, row.session_id) for row in rows]
        over = block.over_limit([rule.limits if rule else None for rule in rules])
        found.append(Kept(Written(layout, rows, block, over, now), rules))
    return found


def _ended(kept: Sequence[Kept]) -> list[UUID]:
    """Return the sessions that have ended and got more readings from their own device."""
    rules = {id(rule): rule for each in kept for rule in each.rules if rule}
    return sorted(rule.session["session_id"] for rule in rules.values() if not rule.is_open)


def _reached(advanced: Sequence[Stream]) -> dict[limits.Where, datetime]:
    """Return until when each device's new readings reach, by the clinic where it took them."""
    found: dict[limits.Where, datetime] = {}
    for each in advanced:
        for clinic_id, reached in each.reached.items():
            where = each.device_id, clinic_id
            found[where] = max(reached, found.get(where, reached))
    return found
