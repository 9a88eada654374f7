"""What devices say of themselves every half minute, and what their silence says."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any
from uuid import UUID

from services.device_telemetry.domain import alarms as rules
from services.device_telemetry.domain import words
from services.device_telemetry.domain.alarms import Cause
from services.device_telemetry.domain.topics import Source
from services.device_telemetry.store import devices as device_store
from services.device_telemetry.store import lanes, states, streams
from services.device_telemetry.store.states import State
from services.device_telemetry.usecases import alarms, clocks, commands, devices, set_aside
from services.device_telemetry.usecases.clocks import Age
from services.device_telemetry.usecases.set_aside import Message, Refused
from services.device_telemetry.usecases.words import Form, of_known_devices
from shared.db import Transaction
from shared.schemas.devices import DeviceStatus

_FORM = Form(DeviceStatus(), "bad_status", words.is_status)
_WORDS = ("events", "status")
_SIGNS_OF_LIFE = (*_WORDS, "readings")
BATTERY_WELL_PERMILLE = rules.BATTERY_LOW_PERMILLE + 50  # hysteresis


def hear(tx: Transaction, messages: Sequence[Message], now: datetime) -> None:
    """Apply statuses and last wills in the order in which they came."""
    refused: list[Refused] = []
    for message, source, said, on_the_way in of_known_devices(tx, messages, _FORM, refused, now):
        if on_the_way or message.again:
            continue  # said before the device moved, or long before this try: nothing of now
        if said["online"]:
            _on_line(tx, source, said, now)
        else:
            states.will(tx, source.device_id, said["connection"], now)
    set_aside.put_all(tx, refused, now)


def sweep(tx: Transaction, now: datetime) -> None:
    """Find devices that left or have fallen silent, in a session or not, and those heard again.

    Judged as of when everything that was said had been heard: our own outage is nobody's silence.
    All of them are held at once, in their order, and looked at again: some may just have spoken.
    """
    heard = lanes.heard(tx)
    lives = words.silence_as_of(_SIGNS_OF_LIFE, heard, now)
    speaks = words.silence_as_of(_WORDS, heard, now)
    found = {
        *states.sending(tx, now - rules.OFFLINE),
        *(_gone_away(tx, speaks) if speaks else ()),
        *(row["device_id"] for row in (_silent(tx, lives) if lives else ())),
        *states.heard_again(tx),
    }
    if not found:
        return
    device_store.hold(tx, found)
    _bring_back(tx, found, now)
    for device_id in _gone_away(tx, speaks) if speaks else ():
        if device_id in found:
            devices.went_off_line(tx, device_id, now)
    for row in _silent(tx, lives) if lives else ():
        if row["device_id"] in found:
            alarms.put(tx, Cause(kind="silent", **row), now)
    alarms.clear_kinds(tx, sorted(found.intersection(states.heard_again(tx))), {"silent"}, now)


def _bring_back(tx: Transaction, held: AbstractSet[UUID], now: datetime) -> None:
    """Count devices as on line that send readings of now and say nothing else."""
    found = [each for each in states.sending(tx, now - rules.OFFLINE) if each in held]
    for device_id in found:
        devices.came_on_line(tx, device_id, now)
    states.back(tx, found)


def _gone_away(tx: Transaction, as_of: datetime) -> list[UUID]:
    """Return devices that said some seconds ago that they leave, or nothing for long."""
    return states.gone_away(tx, silent_since=as_of - rules.OFFLINE, left_since=as_of - words.GRACE)


def _silent(tx: Transaction, as_of: datetime) -> list[dict[str, Any]]:
    """Return the facts of alarms for devices that should be talking in their session."""
    return states.silent_in_session(
        tx,
        now=as_of,
        needling_since=as_of - rules.SILENT_NEEDLING,
        idle_since=as_of - rules.SILENT_IDLE,
        rests=rules.QUIET_BEFORE_CLEAR,
    )


def sweep_gaps(tx: Transaction, now: datetime) -> None:
    """Raise an alarm for holes that should have been filled by now; clear those that were."""
    before = now - rules.GAP_OPEN
    late = {row["device_id"] for row in streams.open_too_long(tx, before)}
    ended = set(streams.filled(tx, before))
    if not late | ended:
        return
    device_store.hold(tx, late | ended)
    for row in streams.open_too_long(tx, before):  # some may just have been filled
        if row["device_id"] not in late:
            continue
        cause = Cause(
            kind="gap_open",
            device_id=row["device_id"],
            clinic_id=row["clinic_id"],
            session_id=None,
            last_at=row["seen_at"],
            value=min(row["missing"], 2**31 - 1),
        )
        alarms.put(tx, cause, now)
    still = ended.intersection(streams.filled(tx, before))
    alarms.clear_kinds(tx, sorted(still), {"gap_open"}, now)


def _on_line(tx: Transaction, source: Source, said: Mapping[str, Any], now: datetime) -> None:
    cartridge = said["cartridge"] or {}
    state = State(
        device_id=source.device_id,
        clinic_id=source.clinic_id,
        said_at=said["at"] or now,
        uptime_ms=said["uptime_ms"],
        battery_permille=said["battery_permille"],
        firmware=said["firmware"],
        cartridge_lot=cartridge.get("lot"),
        cartridge_serial=cartridge.get("serial"),
        connection=said["connection"],
        calibrated_on=said["calibrated_on"],
    )
    age = Age.OF_NOW
    if said["at"]:
        age = clocks.age(tx, source.device_id, said["at"], state.connection, now)
    if age is Age.WAITED:
        # a sign of life, as readings are that may have waited; it brings nobody on line
        clocks.hear(tx, source.device_id, source.clinic_id, said["at"], now)
        states.seen(tx, {source.device_id}, now)
        return
    news = states.heard(tx, state, now)
    if said["at"]:
        anew = age is Age.SET_BACK
        clocks.hear(tx, source.device_id, source.clinic_id, said["at"], now, anew=anew)
    if news is None:
        return
    devices.came_on_line(tx, source.device_id, now, firmware_version=state.firmware)
    if news.connected_anew:
        commands.say_again(tx, source.device_id, now)
    _look_at_battery(tx, state, now)


def _look_at_battery(tx: Transaction, state: State, now: datetime) -> None:
    level = state.battery_permille
    if level is None:
        return
    if level < rules.BATTERY_LOW_PERMILLE:
        low = _cause("battery_low", state, value=level, limit=rules.BATTERY_LOW_PERMILLE)
        alarms.put(tx, low, now)
    elif level >= BATTERY_WELL_PERMILLE:
        alarms.clear_kinds(tx, [state.device_id], {"battery_low"}, now)


def _cause(kind: str, state: State, *, value: int, limit: int) -> Cause:
    return Cause(
        kind=kind,
        device_id=state.device_id,
        clinic_id=state.clinic_id,
        session_id=None,
        last_at=state.said_at,
        value=value,
        limit=limit,
    )
