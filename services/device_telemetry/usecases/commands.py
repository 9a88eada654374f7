"""What the platform tells devices: at least once, until they answer or it is too late."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.device_telemetry.domain import commands as rules
from services.device_telemetry.domain import topics
from services.device_telemetry.store import commands as store
from shared import ids
from shared.db import Transaction

Say = Callable[[str, bytes], None]
STOP_AGAIN = timedelta(seconds=5)  # a device that answered and goes on is told again
STOP_WAITS = timedelta(
    seconds=2
)  # longer than this no unanswered stop waits while its cause goes on
KEPT_FOR = timedelta(days=30)


def stop(
    tx: Transaction,
    device_id: UUID,
    clinic_id: UUID,
    *,
    session_id: UUID | None,
    reason: str,
    now: datetime,
) -> UUID:
    """Tell a device to stop, unless this session's stop is under way; return the command.

    One that nobody answers is said again at once when its cause goes on.
    """
    known = store.stop_lately(tx, device_id, session_id, since=now - STOP_AGAIN, now=now)
    if known is None:
        command = rules.stop(ids.new(), device_id, clinic_id, session_id, reason)
        store.insert(tx, command, now)
        return command.id
    if known["done_at"] is None and known["next_at"] > now + STOP_WAITS:
        store.hurry(tx, known["id"], now, expires_at=rules.expires_at("stop", now))
    command_id: UUID = known["id"]
    return command_id


def set_limits(
    tx: Transaction, session: dict[str, Any], limits: list[dict[str, int]], now: datetime
) -> None:
    """Tell a device which session begins and how deep it may go in each zone."""
    command = rules.set_limits(
        ids.new(),
        session["device_id"],
        session["clinic_id"],
        session["session_id"],
        cartridge={"lot": session["lot"], "serial": session["serial"]},
        limits=limits,
    )
    store.insert(tx, command, now)


def end_session(
    tx: Transaction, device_id: UUID, clinic_id: UUID, session_id: UUID, now: datetime
) -> None:
    """Tell a device that its session is over; limits it has not heard of are moot."""
    store.overtake(tx, device_id, session_id, now)
    command = rules.stop(ids.new(), device_id, clinic_id, session_id, "session_ended")
    store.insert(tx, command, now)


def say_due(tx: Transaction, say: Say, now: datetime) -> int:
    """Hand what is due to the broker.  Return how many; a failure of `say` says them all again."""
    due = store.take_due(tx, now)
    for each in due:
        key = topics.routing_key(each["clinic_id"], each["device_id"], "commands")
        say(key, json.dumps(each["body"]).encode())
        store.said(tx, each["id"], rules.next_at(each["attempts"], now))
    return len(due)


def forget_old(tx: Transaction, now: datetime) -> None:
    """Delete commands of long ago."""
    store.forget(tx, now - KEPT_FOR)
