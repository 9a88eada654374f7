"""The days of a clinic: kept by differences, counted again only when its calendar changes."""

from datetime import date
from typing import Any
from uuid import UUID

from services.headquarters.domain.days import NUMBERS, Share, difference
from shared.db import Transaction, queries

SQL = queries(__file__)
_REDATE = ("redate_alarms", "redate_adverse_events", "redate_messages", "see_devices")
_COUNT = (
    "count_appointments",
    "count_alarms",
    "count_adverse_events",
    "count_messages",
    "count_devices",
)
_ZEROS = dict.fromkeys(NUMBERS, 0)


def shift(tx: Transaction, clinic_id: UUID, before: Share, after: Share) -> None:
    """Let `after` count where `before` counted."""
    for day, counts in difference(before, after).items():
        tx.run(SQL["shift"], {**_ZEROS, **counts, "clinic_id": clinic_id, "day": day})


def count_again(tx: Transaction, clinic_id: UUID, time_zone: str) -> None:
    """Count a clinic's whole history by its calendar: needed when that becomes known or changes."""
    values = {"clinic_id": clinic_id, "time_zone": time_zone}
    for name in (*_REDATE, "forget", *_COUNT):
        tx.run(SQL[name], values)


def failed_messages(tx: Transaction, clinic_id: UUID, day: date) -> int:
    """Return how many messages of a clinic failed on a day."""
    row = tx.one(SQL["failed_messages"], {"clinic_id": clinic_id, "day": day})
    return int(row["messages_failed"]) if row else 0


def with_failed_messages(tx: Transaction, clinic_id: UUID) -> list[date]:
    """Return the days of a clinic on which messages failed."""
    return [row["day"] for row in tx.all(SQL["with_failed_messages"], {"clinic_id": clinic_id})]


def between(tx: Transaction, clinic_id: UUID, first: date, last: date) -> list[dict[str, Any]]:
    """Return the days on which anything was counted, both ends included."""
    return tx.all(SQL["between"], {"clinic_id": clinic_id, "first": first, "last": last})
