"""Needle cartridges and the sessions they were used in."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def use(
    tx: Transaction, lot: str, serial: str, *, session: dict[str, Any], used_at: datetime
) -> None:
    """Note that a session used a cartridge; takes session_id, clinic_id and device_id of it."""
    values = {
        "lot": lot,
        "serial": serial,
        "session_id": session["session_id"],
        "clinic_id": session["clinic_id"],
        "device_id": session["device_id"],
        "used_at": used_at,
    }
    tx.run(SQL["use"], values)


def used_before(tx: Transaction, lot: str, serial: str, session_id: UUID | None) -> bool:
    """Say whether a cartridge was used in another session than this."""
    wanted = {"lot": lot, "serial": serial, "session_id": session_id}
    return tx.one(SQL["used_before"], wanted) is not None


def expires_on(tx: Transaction, lot: str, clinic_id: UUID) -> date | None:
    """Return when the cartridges of a lot run out, by what this clinic scanned, else another.

    None for one that no session has scanned.
    """
    row = tx.one(SQL["expiry"], {"lot": lot, "clinic_id": clinic_id})
    return row["expires_on"] if row else None


def uses(tx: Transaction, lot: str, serial: str) -> list[dict[str, Any]]:
    """Return session_id, clinic_id, device_id and used_at of each use within the scope."""
    return tx.all(SQL["uses"], {"lot": lot, "serial": serial})


def insertions(tx: Transaction, lot: str, serial: str) -> list[dict[str, Any]]:
    """Return device_id, clinic_id and inserted_at where no session announced the cartridge.

    The first 200 within the scope, of the 90 days for which events are kept.
    """
    return tx.all(SQL["insertions"], {"lot": lot, "serial": serial})
