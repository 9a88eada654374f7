"""Messages that were acknowledged and are no readings."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)
NOBODY: Final = UUID(int=0)  # counts what no known device stands behind
Name = tuple[str, str, bytes]  # topic, reason, SHA-256 of the body


@dataclass(frozen=True, slots=True)
class SetAside:
    """One message, and why it is here: a stable code and a sentence without values."""

    topic: str
    clinic_id: UUID | None
    device_id: UUID | None
    reason: str
    detail: str
    body: bytes
    again_at: datetime | None

    @property
    def name(self) -> Name:
        """Return what tells it from others."""
        return self.topic, self.reason, hashlib.sha256(self.body).digest()

    @property
    def sender(self) -> UUID:
        """Return whom it counts for."""
        return self.device_id or NOBODY


@dataclass(slots=True)
class Counted:
    """How often, and how many bytes of it are kept."""

    clinic_id: UUID | None
    times: int = 0
    kept_bytes: int = 0


def known(tx: Transaction, names: Collection[Name]) -> set[Name]:
    """Return those of the names that are kept already."""
    asked = {
        "topics": [topic for topic, _, _ in names],
        "reasons": [reason for _, reason, _ in names],
        "digests": [digest.hex() for _, _, digest in names],
    }
    rows = tx.all(SQL["known"], asked)
    return {(row["topic"], row["reason"], bytes(row["body_sha256"])) for row in rows}


@dataclass(slots=True)
class Share:
    """What is kept of one sender, of one sort."""

    messages: int
    bytes: int

    def add(self, bytes_: int) -> None:
        """Count one that is kept."""
        self.messages += 1
        self.bytes += bytes_


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept: of all devices together, and of each sender, by whether it is a reading."""

    bytes: int
    reading_bytes: int
    of_sender: Mapping[tuple[UUID, bool], Share]


def kept(tx: Transaction, senders: Collection[UUID], readings: Collection[str], most: int) -> Kept:
    """Return what is kept; other messages than `readings` (reasons) counted up to `most`."""
    asked = {"readings": sorted(readings), "nobody": NOBODY}
    sums = tx.one(SQL["kept_bytes"], asked) or {}
    of_sender = {}
    for row in tx.all(SQL["kept"], asked | {"device_ids": sorted(senders), "most": most}):
        of_sender[row["device_id"], False] = Share(row["messages"], row["bytes"])
        of_sender[row["device_id"], True] = Share(0, row["reading_bytes"])
    return Kept(int(sums["bytes"]), int(sums["reading_bytes"]), of_sender)


def put(tx: Transaction, messages: Sequence[tuple[UUID, SetAside, int]], now: datetime) -> None:
    """Keep messages, each with a new id and how often it came, or count them again."""
    found = [message for _, message, _ in messages]
    values = {
        "ids": [new_id for new_id, _, _ in messages],
        "topics": [each.topic for each in found],
        "clinic_ids": [each.clinic_id for each in found],
        "device_ids": [each.device_id for each in found],
        "reasons": [each.reason for each in found],
        "details": [each.detail for each in found],
        "bodies": [each.body for each in found],
        "times": [times for _, _, times in messages],
        "agains": [each.again_at for each in found],
        "now": now,
    }
    tx.later(SQL["put"], values)


def count(tx: Transaction, counted: Mapping[tuple[UUID, str], Counted], day: date) -> None:
    """Add to a day's counts of each sender and reason."""
    values = {
        "device_ids": [sender for sender, _ in counted],
        "reasons": [reason for _, reason in counted],
        "clinic_ids": [each.clinic_id for each in counted.values()],
        "times": [each.times for each in counted.values()],
        "kept": [each.kept_bytes for each in counted.values()],
        "day": day,
    }
    tx.later(SQL["count"], values)


def page(
    tx: Transaction,
    *,
    device_id: UUID | None,
    clinic_id: UUID | None = None,
    reason: str | None = None,
    binds: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Return what was set aside, newest first, before `after`, at most `limit`."""
    wanted = {"device_id": device_id, "clinic_id": clinic_id, "reason": reason, **binds}
    return tx.all(SQL["page"], wanted)


def hold(tx: Transaction, aside_id: UUID) -> dict[str, Any] | None:
    """Return and hold one: id, topic, reason, body, times, tries, first_at."""
    return tx.one(SQL["hold"], {"id": aside_id})


def senders_due(tx: Transaction, now: datetime) -> list[UUID]:
    """Return of whom something is to be tried again, in order: devices, and NOBODY."""
    found = tx.all(SQL["senders_due"], {"now": now})
    return sorted(row["device_id"] or NOBODY for row in found)


def due(tx: Transaction, sender: UUID, now: datetime) -> UUID | None:
    """Return and hold the one of a sender that is to be tried again first."""
    query = "due_of_nobody" if sender == NOBODY else "due"
    row = tx.one(SQL[query], {"sender": sender, "now": now})
    return row["id"] if row else None


def times(tx: Transaction, aside_id: UUID) -> int:
    """Return how often one came."""
    row = tx.one(SQL["times"], {"id": aside_id})
    return int(row["times"]) if row else 0


def remove(tx: Transaction, aside_id: UUID) -> None:
    """Delete one, and make room for others."""
    tx.run(SQL["remove"], {"id": aside_id, "nobody": NOBODY})


def postpone(tx: Transaction, aside_id: UUID, again_at: datetime | None) -> None:
    """Note that trying again was in vain, and when to try next."""
    tx.run(SQL["postpone"], {"id": aside_id, "again_at": again_at})


def forget(tx: Transaction, before: datetime, most: int) -> int:
    """Delete what last came before, and old counts; return how many messages, `most` at once."""
    tx.run(SQL["forget_counts"], {"before": before.date()})
    return tx.run(SQL["forget"], {"before": before, "most": most})
