"""What the platform tells devices: at least once, until they answer or it is too late."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.device_telemetry.domain import commands as rules
from services.device_telemetry.domain.devices import DeviceRetired
from services.device_telemetry.store import commands as store
from services.device_telemetry.store import devices
from shared import ids
from shared.db import Transaction

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
    since = now - STOP_AGAIN
    known = store.stop_lately(tx, device_id, clinic_id, session_id, since=since, now=now)
    if known is None:
        command = rules.stop(ids.new(), device_id, clinic_id, session_id, reason)
        store.insert(tx, command, now)
        return command.id
    if known["done_at"] is None and known["next_at"] > now + STOP_WAITS:
        store.hurry(tx, known["id"], now, expires_at=rules.expires_at("stop", now))
    command_id: UUID = known["id"]
    return command_id


def identify(tx: Transaction, device_id: UUID, *, command_id: UUID, now: datetime) -> UUID:
    """Tell a device to blink, unless it is being told so already; return the command.

    Raises DeviceUnknown or DeviceRetired.
    """
    device = devices.lock(tx, device_id)
    if device.status == "retired":
        raise DeviceRetired(f"{device.name} is retired.")
    under_way = store.identify_under_way(tx, device_id, now)
    if under_way is None:
        store.insert(tx, rules.identify(command_id, device_id, device.clinic_id), now)
    return under_way or command_id


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


def claim_due(tx: Transaction, now: datetime) -> list[dict[str, Any]]:
    """Take what is due, stops first: id, device_id, clinic_id, body.

    Each is due again after a while, unless its device answers or `give_back` says at once: to be
    published after this transaction, never in it.
    """
    due = store.take_due(tx, now)
    for each in due:
        store.said(tx, each["id"], rules.next_at(each["attempts"], now))
    return due


def say_again(tx: Transaction, device_id: UUID, now: datetime) -> None:
    """Say at once what a device that comes back has not answered: no broker kept it for it."""
    store.say_again(tx, device_id, now)


def give_back(tx: Transaction, command_ids: Sequence[UUID], now: datetime) -> None:
    """Make commands that could not be published due at once."""
    store.give_back(tx, command_ids, now)


def forget_old(tx: Transaction, now: datetime) -> None:
    """Delete commands of long ago."""
    store.forget(tx, now - KEPT_FOR)
