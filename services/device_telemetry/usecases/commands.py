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
KEPT_FOR = timedelta(days=30)


def stop(
    tx: Transaction,
    device_id: UUID,
    clinic_id: UUID,
    *,
    session_id: UUID | None,
    reason: str,
    now: datetime,
) -> None:
    """Tell a device to stop, unless it is being told already."""
    if not store.stop_lately(tx, device_id, since=now - STOP_AGAIN, now=now):
        store.insert(tx, rules.stop(ids.new(), device_id, clinic_id, session_id, reason), now)


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
