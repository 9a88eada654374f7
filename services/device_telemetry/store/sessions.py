"""Sessions as client records announced them."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries
from shared.errors import NotFound

SQL = queries(__file__)


class SessionUnknown(NotFound):
    """No such session in the caller's clinics, or it has not been announced yet."""

    type = "session-unknown"
    title = "No such session"


def begin(
    tx: Transaction, session: Mapping[str, Any], limits: Collection[Mapping[str, Any]]
) -> bool:
    """Note a session and its limits.  Return whether it is new."""
    new = tx.run(SQL["begin"], session)
    for each in limits:
        named = {"session_id": session["session_id"], "clinic_id": session["clinic_id"]}
        tx.run(SQL["limit_zone"], {**each, **named})
    return bool(new)


def finish(
    tx: Transaction, session_id: UUID, state: str, *, ended_at: datetime, now: datetime
) -> bool:
    """Note the end of a session.  Return whether it was open."""
    values = {"session_id": session_id, "state": state, "ended_at": ended_at, "now": now}
    return bool(tx.run(SQL["finish"], values))


def break_off(tx: Transaction, device_id: UUID, now: datetime) -> None:
    """Note that the treatment that runs with a device has ended now; its summary is due."""
    tx.run(SQL["break_off"], {"device_id": device_id, "now": now})


def find(tx: Transaction, session_id: UUID) -> dict[str, Any]:
    """Return a session.  Raises SessionUnknown."""
    row = tx.one(SQL["find"], {"session_id": session_id})
    if row is None:
        raise SessionUnknown("There is no such session in your clinic.")
    return row


def several(tx: Transaction, session_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return sessions by id, those that are known."""
    if not session_ids:
        return {}
    rows = tx.all(SQL["several"], {"ids": list(session_ids)})
    return {row["session_id"]: row for row in rows}


def limits_of(tx: Transaction, session_ids: Collection[UUID]) -> dict[UUID, list[dict[str, int]]]:
    """Return zone, depth_um, limit_um and passes for each zone of each session."""
    found: dict[UUID, list[dict[str, int]]] = {session_id: [] for session_id in session_ids}
    if session_ids:
        for row in tx.all(SQL["limits_of"], {"ids": list(session_ids)}):
            found[row.pop("session_id")].append(row)
    return found


def open_on_device(tx: Transaction, device_id: UUID) -> dict[str, Any] | None:
    """Return the youngest open session of a device."""
    return tx.one(SQL["open_on_device"], {"device_id": device_id})


def arrived_late(tx: Transaction, session_ids: Collection[UUID], due_at: datetime) -> None:
    """Ask for another summary of those that have ended."""
    if session_ids:
        tx.run(SQL["arrived_late"], {"ids": list(session_ids), "due_at": due_at})


def to_summarise(tx: Transaction, now: datetime) -> UUID | None:
    """Return the session whose summary is due longest."""
    row = tx.one(SQL["to_summarise"], {"now": now})
    return row["session_id"] if row else None


def summarise_later(tx: Transaction, session_id: UUID, due_at: datetime) -> None:
    """Put off a summary."""
    tx.run(SQL["summarise_later"], {"session_id": session_id, "due_at": due_at})


def keep_summary(
    tx: Transaction, session: Mapping[str, Any], summary: Mapping[str, Any], now: datetime
) -> None:
    """Keep a summary, ready for JSON, of a session as it was found before that was made.

    It is no longer due, unless it has become so since.
    """
    values = {
        "session_id": session["session_id"],
        "clinic_id": session["clinic_id"],
        "due_at": session["summary_due_at"],
        "summary": json.dumps(summary),
        "now": now,
    }
    tx.run(SQL["keep_summary"], values)
    tx.run(SQL["summarised"], values)


def kept_summary(tx: Transaction, session_id: UUID) -> dict[str, Any] | None:
    """Return what was last announced of a session."""
    row = tx.one(SQL["kept_summary"], {"session_id": session_id})
    return row["summary"] if row else None
