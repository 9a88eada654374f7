"""What devices say at once: cartridges, needling, excess depth, faults, answers to commands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.device_telemetry.domain import alarms as rules
from services.device_telemetry.domain import clocks as clock_rules
from services.device_telemetry.domain import words
from services.device_telemetry.domain.alarms import Cause
from services.device_telemetry.domain.topics import Source
from services.device_telemetry.store import cartridges, commands, device_events, sessions, states
from services.device_telemetry.store import clocks as clock_store
from services.device_telemetry.store.device_events import Place
from services.device_telemetry.usecases import alarms, clocks, devices, set_aside
from services.device_telemetry.usecases.set_aside import Message, Refused
from services.device_telemetry.usecases.words import Form, Word, of_known_devices
from shared.db import Transaction
from shared.schemas.devices import DeviceEvent

_FORM = Form(DeviceEvent(), "bad_event", words.is_event)
KEPT_FOR = timedelta(days=90)  # longer than any that may still arrive
FORGOTTEN_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Said:
    """An event of a device, with its session, and when that ended if it has."""

    source: Source
    facts: Mapping[str, Any]
    session_id: UUID | None
    ended_at: datetime | None
    again: bool = False  # set aside since it came: whatever its clock says, it is not of now

    def cause(self, kind: str) -> Cause:
        """Return the alarm that this calls for."""
        return Cause(
            kind=kind,
            device_id=self.source.device_id,
            clinic_id=self.source.clinic_id,
            session_id=self.session_id,
            last_at=self.facts["at"],
            zone=self.facts["zone"],
            value=self.facts["depth_um"],
            limit=self.facts["limit_um"],
            ended_at=self.ended_at,
            late=self.again,
        )


def hear(tx: Transaction, messages: Sequence[Message], now: datetime) -> None:
    """Apply events once each, in the order in which they came."""
    refused: list[Refused] = []
    for word in of_known_devices(tx, messages, _FORM, refused, now):
        source, facts = word.source, word.said
        if word.on_the_way:
            # said before it moved: kept where it was said, and nothing to be done about it now
            if words.is_named(facts):
                device_events.insert(tx, source.device_id, source.clinic_id, facts, now)
        elif refusal := _refusal(tx, word, now):
            refused.append(Refused(word.message, source, *refusal))
    set_aside.put_all(tx, refused, now)


def forget_old(tx: Transaction, now: datetime) -> bool:
    """Delete some events of long ago; say whether there may be more."""
    return device_events.forget(tx, now - KEPT_FOR, FORGOTTEN_AT_ONCE) == FORGOTTEN_AT_ONCE


def _refusal(tx: Transaction, word: Word, now: datetime) -> tuple[str, str] | None:
    """Apply an event.  Return reason and detail when it cannot be.

    A danger is heeded under any name, and without: better twice than never.  What is tried again
    says nothing of now.
    """
    message, source, facts, _ = word
    device_id, event = source.device_id, facts["event"]
    if not words.is_named(facts):
        _apply(tx, word, facts["at"] or message.came_at or now, now)
        return None
    offset_ms = clock_rules.offset_ms(clock_store.offsets(tx, device_id))
    if reason := words.unbelievable(event, facts["at"], offset_ms, now):
        _seen(tx, word, now)
        if reason == "far_future" and not message.again:
            ahead_s = (facts["at"] - now) // timedelta(seconds=1)
            alarms.put(tx, clocks.wild(device_id, source.clinic_id, ahead_s, now), now)
        return reason, "The device's clock cannot have shown this time."
    place = device_events.insert(tx, device_id, source.clinic_id, facts, now)
    if place is Place.NEW or (place is Place.OTHER and event in words.DANGERS):
        _apply(tx, word, facts["at"], now)
    else:
        _seen(tx, word, now)  # a repeat
    if place is Place.OTHER:
        return "contradicts", "Another event has arrived under this number."
    return None


def _seen(tx: Transaction, word: Word, now: datetime) -> None:
    if not word.message.again:
        states.seen(tx, {word.source.device_id}, now)


def _apply(tx: Transaction, word: Word, at: datetime, now: datetime) -> None:
    """Do what a new event calls for, unless a later one has said how things are since."""
    source, facts, again = word.source, {**word.said, "at": at}, word.message.again
    if not again:
        states.spoke(tx, [source.device_id], now)
        devices.came_on_line(tx, source.device_id, now)
    others = words.overtaken_by(facts["event"])
    if others and device_events.is_overtaken(tx, source.device_id, facts, others):
        return
    session = _session(tx, source.device_id, facts["session_id"], at)
    _DO[facts["event"]](tx, Said(source, facts, *session, again), now)


def _session(
    tx: Transaction, device_id: UUID, named: UUID | None, at: datetime
) -> tuple[UUID | None, datetime | None]:
    """Return the session that an event belongs to, and when that ended if it has.

    The one that the device names, if that is known to be its own: an event may have waited in flash
    until the next client's.  Else the one that is open, for any device may name anything, and each
    session has an alarm of its own.  So too when the named one was over by then.
    """
    known = sessions.several(tx, [named]).get(named) if named else None
    session = sessions.open_on_device(tx, device_id)
    if known and known["device_id"] == device_id:
        happened_at = clock_rules.happened_at(at, clock_store.offsets(tx, device_id))
        ended_at = known["ended_at"]
        goes_on = ended_at is None or not rules.is_after(ended_at, happened_at)
        if goes_on or not session or happened_at < session["started_at"]:
            return named, ended_at
    return (session["session_id"] if session else None), None


def _cartridge_inserted(tx: Transaction, said: Said, now: datetime) -> None:
    """Raise alarms for a cartridge that another session has used, or that is out of date.

    An alarm that says the same of the cartridge before goes on.
    """
    found = _wrong_with(tx, said)
    alarms.clear_kinds(tx, [said.source.device_id], rules.OF_CARTRIDGE - found, now)
    for kind in sorted(found):
        alarms.put(tx, said.cause(kind), now)


def _wrong_with(tx: Transaction, said: Said) -> set[str]:
    cartridge = said.facts["cartridge"]  # an event that names none was not heeded
    lot, serial = cartridge["lot"], cartridge["serial"]
    expires_on = cartridges.expires_on(tx, lot, said.source.clinic_id)
    offset_ms = clock_rules.offset_ms(clock_store.offsets(tx, said.source.device_id))
    at = said.facts["at"] + timedelta(milliseconds=offset_ms)
    found = {
        "cartridge_reused": cartridges.used_before(tx, lot, serial, said.session_id),
        "cartridge_expired": bool(expires_on and rules.is_expired(expires_on, at)),
    }
    return {kind for kind, is_so in found.items() if is_so}


def _cartridge_removed(tx: Transaction, said: Said, now: datetime) -> None:
    alarms.clear_kinds(tx, [said.source.device_id], rules.OF_CARTRIDGE, now)


def _needling_started(tx: Transaction, said: Said, now: datetime) -> None:
    _set_needling(tx, said, now, needling=True)


def _needling_stopped(tx: Transaction, said: Said, now: datetime) -> None:
    _set_needling(tx, said, now, needling=False)


def _set_needling(tx: Transaction, said: Said, now: datetime, *, needling: bool) -> None:
    if not said.again:  # else its device may be off line by now
        devices.set_needling(tx, said.source.device_id, now, needling=needling)


def _depth_over_limit(tx: Transaction, said: Said, now: datetime) -> None:
    alarms.put(tx, said.cause("depth_over_limit"), now)


def _fault(tx: Transaction, said: Said, now: datetime) -> None:
    alarms.put(tx, said.cause("fault"), now)


def _command_done(tx: Transaction, said: Said, now: datetime) -> None:
    command_id = said.facts["command_id"]
    if commands.done(tx, command_id, said.source.device_id, now):
        alarms.stop_confirmed(tx, command_id)


_DO: dict[str, Callable[[Transaction, Said, datetime], None]] = {
    "cartridge_inserted": _cartridge_inserted,
    "cartridge_removed": _cartridge_removed,
    "needling_started": _needling_started,
    "needling_stopped": _needling_stopped,
    "depth_over_limit": _depth_over_limit,
    "fault": _fault,
    "command_done": _command_done,
}
