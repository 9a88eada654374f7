"""Messages that were acknowledged and are no readings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


@dataclass(frozen=True, slots=True)
class SetAside:
    """One message, and why it is here: a stable code and a sentence without values."""

    topic: str
    clinic_id: UUID | None
    device_id: UUID | None
    reason: str
    detail: str
    body: bytes


def put(tx: Transaction, message: SetAside, new_id: UUID, now: datetime) -> None:
    """Keep a message, or count it again."""
    values = {
        "id": new_id,
        "topic": message.topic,
        "clinic_id": message.clinic_id,
        "device_id": message.device_id,
        "reason": message.reason,
        "detail": message.detail,
        "body": message.body,
        "now": now,
    }
    tx.run(SQL["put"], values)


def of_device(tx: Transaction, device_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what was set aside of a device, newest first, before `after`, at most `limit`."""
    return tx.all(SQL["of_device"], {"device_id": device_id, **binds})
