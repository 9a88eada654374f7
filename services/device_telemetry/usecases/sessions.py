"""Treatments as client records announce them: limits in, summaries out."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from services.device_telemetry.domain.alarms import Cause, is_expired
from services.device_telemetry.domain.devices import DeviceUnknown
from services.device_telemetry.store import cartridges, devices
from services.device_telemetry.store import runs as run_store
from services.device_telemetry.store import sessions as store
from services.device_telemetry.usecases import alarms, between, commands, early, limits, runs
from services.device_telemetry.usecases import devices as fleet
from shared import db, logging
from shared.amqp import failures
from shared.db import Transaction

AGAIN_AFTER: Final = timedelta(minutes=10)  # a summary that could not be made


def begin(tx: Transaction, started: Mapping[str, Any], now: datetime) -> None:
    """Note a session that began, look at its cartridge, and tell the device its limits.

    `started` is the data of session_started.  Raises DeviceUnknown: it may still be announced.
    """
    if not devices.owners(tx, [started["device_id"]]):
        raise DeviceUnknown("The session's device is not registered here.")
    cartridge = started["cartridge"]
    session = {
        "session_id": started["session_id"],
        "clinic_id": started["clinic_id"],
        "device_id": started["device_id"],
        "lot": cartridge["lot"],
        "serial": cartridge["serial"],
        "expires_on": cartridge["expires_on"],
        "started_at": started["started_at"],
    }
    zones = [dict(each) for each in started["limits"]]
    between.readings(tx, session["device_id"])
    if not store.begin(tx, session, zones):
        return
    _look_at_cartridge(tx, session, now)
    commands.set_limits(tx, session, zones, now)
    limit_um = {each["zone"]: each["limit_um"] for each in zones}
    limits.judge(tx, early.recount(tx, session, limit_um), {}, now)


def end(tx: Transaction, ended: Mapping[str, Any], state: str, now: datetime) -> None:
    """Note the end of a session, stop the device, end its alarms and announce what was delivered.

    `ended` is the data of session_completed or session_stopped; state is `completed` or `stopped`.
    """
    session_id, device_id = ended["session_id"], ended["device_id"]
    between.readings(tx, device_id)
    if not store.finish(tx, session_id, state, ended_at=ended["ended_at"], now=now):
        return
    _rest(tx, device_id, now)
    commands.end_session(tx, device_id, ended["clinic_id"], session_id, now)
    others_open = store.open_on_device(tx, device_id) is not None
    alarms.end_of_session(tx, device_id, session_id, now, others_open=others_open)
    _announce(tx, session_id, now)


def summarise_due(tx: Transaction, now: datetime) -> bool:
    """Announce again what was delivered in a session whose last readings came late.

    Say whether there may be more.  One a transaction: it is held only once its readings were read.
    """
    session_id = store.to_summarise(tx, now)
    if session_id:
        _announce(tx, session_id, now)
    return session_id is not None


def sweep_unknown(tx: Transaction, now: datetime) -> None:
    """Raise `no_session` for needling in sessions of which nobody has told us."""
    found = run_store.unknown(tx, now)
    if not found:
        return
    held = devices.hold(tx, {row["device_id"] for row in found})
    for row in run_store.unknown(tx, now):  # some may just have been announced
        if row["device_id"] in held:
            alarms.put(tx, Cause(kind="no_session", **row), now)


def _announce(tx: Transaction, session_id: UUID, now: datetime) -> None:
    """Announce what was delivered, or leave it for later: no other session waits for that.

    A device may send so much that to sum it up fails, and must neither keep its own session from
    ending nor all others from being summarised.
    """
    try:
        with tx.savepoint():
            runs.announce(tx, session_id, now)
    except Exception as error:
        if failures.database_is_unwell(error):
            raise
        logging.log_fault(error)
        store.summarise_later(tx, session_id, now + AGAIN_AFTER)


def _rest(tx: Transaction, device_id: UUID, now: datetime) -> None:
    """Count a device that needled as idle: its session is over, whatever it says later."""
    _, status = devices.hold(tx, [device_id]).get(device_id, (None, None))
    if status == "needling":
        fleet.set_needling(tx, device_id, now, needling=False)


def _look_at_cartridge(tx: Transaction, session: Mapping[str, Any], now: datetime) -> None:
    """Note the use of the cartridge; a second use, or one after its date, stops the device."""
    lot, serial = session["lot"], session["serial"]
    if _used_anywhere(tx, session):
        alarms.put(tx, _cause("cartridge_reused", session, now), now)
    if is_expired(session["expires_on"], session["started_at"]):  # client records checked it too
        alarms.put(tx, _cause("cartridge_expired", session, now), now)
    cartridges.use(tx, lot, serial, session=dict(session), used_at=session["started_at"])


def _used_anywhere(tx: Transaction, session: Mapping[str, Any]) -> bool:
    """Say whether another session used the cartridge, at any clinic: a worker sees only one."""
    tx.narrow(db.EVERY_CLINIC)
    used = cartridges.used_before(tx, session["lot"], session["serial"], session["session_id"])
    tx.narrow(db.Scope.of([session["clinic_id"]]))
    return used


def _cause(kind: str, session: Mapping[str, Any], now: datetime) -> Cause:
    return Cause(
        kind=kind,
        device_id=session["device_id"],
        clinic_id=session["clinic_id"],
        session_id=session["session_id"],
        last_at=now,  # however late we hear of the session, the cartridge is in use now
    )
