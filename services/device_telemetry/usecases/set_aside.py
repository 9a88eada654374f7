"""Messages that are not what they should be: kept with the reason, never in the way of others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.device_telemetry.domain.topics import Source
from services.device_telemetry.store import devices
from services.device_telemetry.store import set_aside as store
from services.device_telemetry.store.set_aside import SetAside
from shared import ids
from shared.db import Transaction

MOST_BYTES_KEPT = 64 * 1024 + 1  # of a larger message the beginning is enough to see what it is
MOST_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a device, as the broker gave it to us."""

    topic: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A message and why it is set aside; `source` is None when its topic names no device."""

    message: Message
    source: Source | None
    reason: str
    detail: str


def put_all(tx: Transaction, refused: Sequence[Refused], now: datetime) -> None:
    """Keep messages with their reasons; a repeat is only counted."""
    if not refused:
        return
    named = {each.source.device_id for each in refused if each.source}
    owners = devices.owners(tx, named) if named else {}
    for each in refused:
        device_id = each.source.device_id if each.source else None
        clinic_id, _ = owners.get(device_id, (None, None)) if device_id else (None, None)
        kept = SetAside(
            topic=each.message.topic[:MOST_CHARACTERS].replace("\x00", "?"),
            clinic_id=clinic_id,
            device_id=device_id if clinic_id else None,
            reason=each.reason,
            detail=each.detail[:MOST_CHARACTERS],
            body=each.message.body[:MOST_BYTES_KEPT],
        )
        store.put(tx, kept, ids.new(), now)
