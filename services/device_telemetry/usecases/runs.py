"""What a device really did in a session: announced once it is known, and again when it changes."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.device_telemetry.domain.tallies import Tally
from services.device_telemetry.store import readback, sessions
from shared import outbox
from shared.db import Transaction
from shared.events.device_telemetry import RunSummarised

SUMMARISED = "device_telemetry.run_summarised.v1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SCHEMA = RunSummarised()


def summary(tx: Transaction, session: dict[str, Any]) -> dict[str, Any]:
    """Return what was delivered so far, zone by zone, as run_summarised carries it."""
    session_id = session["session_id"]
    where = readback.stretch(tx, session)
    tally = Tally()
    for part in readback.parts(tx, where) if where else ():
        tally.add(part)
    zones = sessions.limits_of(tx, [session_id])[session_id]
    limits = {each["zone"]: each["limit_um"] for each in zones}
    return {
        "session_id": session_id,
        "clinic_id": session["clinic_id"],
        "device_id": session["device_id"],
        "zones": [asdict(zone) for zone in tally.zones(limits)],
        "gaps": readback.gaps(tx, session_id, session["device_id"]),
        "first_at": _moment(tally.first_ms),
        "last_at": _moment(tally.last_ms),
    }


def last_summary(tx: Transaction, session: dict[str, Any]) -> dict[str, Any]:
    """Return summary(), as it was last announced if no readings have come since.

    Holes are counted anew: they also close by readings of other sessions.
    """
    due = session["state"] == "open" or session["summary_due_at"] is not None
    kept = None if due else sessions.kept_summary(tx, session["session_id"])
    if kept is None:
        return summary(tx, session)
    gaps = readback.gaps(tx, session["session_id"], session["device_id"])
    return {**_SCHEMA.load(kept), "gaps": gaps}


def other_cartridges(tx: Transaction, session: dict[str, Any]) -> list[str]:
    """Return serials of cartridges that were in the device and are not the session's."""
    where = readback.stretch(tx, session)
    return readback.other_cartridges(tx, where, session["cartridge_serial"]) if where else []


def announce(tx: Transaction, session_id: UUID, now: datetime) -> None:
    """Announce a session's summary, unless the same was announced before."""
    session = sessions.find(tx, session_id)
    found = summary(tx, session)
    said = _SCHEMA.dump(found)
    known = sessions.kept_summary(tx, session_id)
    sessions.keep_summary(tx, session, said, now)
    if said != known:
        outbox.emit(tx, SUMMARISED, subject=session_id, data=found, clinic_id=session["clinic_id"])


def _moment(at_ms: int | None) -> datetime | None:
    """Return a time from milliseconds since 1970."""
    return None if at_ms is None else _EPOCH + timedelta(milliseconds=at_ms)
