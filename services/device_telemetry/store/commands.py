"""What is to be told to devices."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.device_telemetry.domain.commands import KEPT, Command, CommandUnknown, expires_at
from shared.db import Transaction, queries

SQL = queries(__file__)


def insert(tx: Transaction, command: Command, now: datetime) -> None:
    """Queue a command for after the commit."""
    values = {
        "id": command.id,
        "device_id": command.device_id,
        "clinic_id": command.clinic_id,
        "session_id": command.session_id,
        "command": command.command,
        "body": json.dumps(command.body),
        "now": now,
        "expires_at": expires_at(command.command, now),
    }
    tx.run(SQL["insert"], values)


def find(tx: Transaction, device_id: UUID, command_id: UUID, now: datetime) -> dict[str, Any]:
    """Return a device's command as CommandView.  Raises CommandUnknown."""
    row = tx.one(SQL["find"], {"id": command_id, "device_id": device_id, "now": now})
    if row is None:
        raise CommandUnknown("There is no such command to a device of your clinic.")
    return row


def identify_under_way(tx: Transaction, device_id: UUID, now: datetime) -> UUID | None:
    """Return the command to blink that a device is still being told."""
    row = tx.one(SQL["identify_under_way"], {"device_id": device_id, "now": now})
    return row["id"] if row else None


def take_due(tx: Transaction, now: datetime) -> list[dict[str, Any]]:
    """Return and hold commands to say now, stops first.

    Each with id, device_id, clinic_id, session_id, command, body and attempts.
    """
    return tx.all(SQL["take_due"], {"now": now, "oldest": now - max(KEPT.values())})


def said(tx: Transaction, command_id: UUID, next_at: datetime) -> None:
    """Note that a command is being handed to the broker, and when it is due again."""
    tx.later(SQL["said"], {"id": command_id, "next_at": next_at})


def give_back(tx: Transaction, command_ids: Sequence[UUID], now: datetime) -> None:
    """Make due again what was not handed over after all."""
    tx.run(SQL["give_back"], {"ids": list(command_ids), "now": now})


def done(tx: Transaction, command_id: UUID, device_id: UUID, now: datetime) -> bool:
    """Note a device's answer.  Return whether it was waited for."""
    return bool(tx.run(SQL["done"], {"id": command_id, "device_id": device_id, "now": now}))


def overtake(tx: Transaction, device_id: UUID, session_id: UUID, now: datetime) -> None:
    """End the limits of a session that has ended."""
    values = {"device_id": device_id, "session_id": session_id, "now": now}
    tx.run(SQL["overtake"], values)


def say_again(tx: Transaction, device_id: UUID, now: datetime) -> None:
    """Say at once what a device that comes back has not answered."""
    tx.run(SQL["say_again"], {"device_id": device_id, "now": now})


def stop_lately(
    tx: Transaction,
    device_id: UUID,
    clinic_id: UUID,
    session_id: UUID | None,
    *,
    since: datetime,
    now: datetime,
) -> dict[str, Any] | None:
    """Return id, next_at and done_at of a session's stop under way, or answered after `since`."""
    wanted = {"device_id": device_id, "clinic_id": clinic_id, "session_id": session_id}
    return tx.one(SQL["stop_lately"], wanted | {"since": since, "now": now})


def hurry(tx: Transaction, command_id: UUID, now: datetime, *, expires_at: datetime) -> None:
    """Say a command at once, and for longer."""
    tx.run(SQL["hurry"], {"id": command_id, "now": now, "expires_at": expires_at})


def drop(tx: Transaction, device_id: UUID, now: datetime) -> None:
    """Say nothing more of what a device was still to be told."""
    tx.run(SQL["drop"], {"device_id": device_id, "now": now})


def forget(tx: Transaction, before: datetime) -> int:
    """Delete commands that were over before; return how many."""
    return tx.run(SQL["forget"], {"before": before})
