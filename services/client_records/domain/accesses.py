"""The access log's chain: each entry carries the hash of the one before."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

FIRST = bytes(32)  # what the first entry follows


@dataclass(frozen=True, slots=True)
class Entry:
    """Who looked at whom, at what, and what for.  No content."""

    clinic_id: UUID
    position: int
    at: datetime
    actor_id: UUID
    action: str
    purpose: str
    client_ids: tuple[UUID, ...]
    previous: bytes
    hash: bytes


def hash_of(entry: Entry) -> bytes:
    """Return the hash that an entry must carry; client_records.record_access makes the same."""
    parts = (
        str(entry.clinic_id),
        str(entry.position),
        entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f"),
        str(entry.actor_id),
        entry.action,
        entry.purpose,
        ",".join(str(client_id) for client_id in entry.client_ids),
    )
    return hashlib.sha256(entry.previous + "|".join(parts).encode()).digest()


def first_broken(entries: Iterable[Entry]) -> int | None:
    """Return the position of the first entry that was changed, or follows a gap; None when whole.

    Entries cut off at the end are not seen: the head, kept elsewhere, shows them.
    """
    previous, position = FIRST, 1
    for entry in entries:
        whole = entry.position == position and entry.previous == previous
        if not whole or entry.hash != hash_of(entry):
            return position
        previous, position = entry.hash, position + 1
    return None
