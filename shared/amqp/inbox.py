"""Which events came already, and how far each subject has come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.db import Transaction, queries
from shared.events.catalogue import Event

SQL = queries(__file__)
Subject = tuple[str, UUID]  # source and subject: sequences are counted for each


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known when a new event arrives."""

    last: int  # the sequence applied last for its subject, 0 for none
    held: bool  # an earlier event of its subject waits for another try


def take(tx: Transaction, events: Iterable[Event], now: datetime) -> dict[UUID, Standing]:
    """Remember the events and return what is known for those that are new."""
    came = list(events)
    if not came:
        return {}
    rows = tx.all(
        SQL["take"],
        {
            "ids": [event.id for event in came],
            "sources": [event.source for event in came],
            "subjects": [event.subject for event in came],
            "sequences": [event.sequence for event in came],
            "now": now,
        },
    )
    return {row["id"]: Standing(row["last"], row["held"]) for row in rows}


def take_unread(tx: Transaction, event_id: UUID | None, now: datetime) -> bool:
    """Remember an event that could not be read; False when it came before."""
    return event_id is None or bool(tx.run(SQL["take_unread"], {"id": event_id, "now": now}))


def advance(tx: Transaction, reached: Mapping[Subject, int]) -> None:
    """Note the last applied sequence of some subjects."""
    if reached:
        ordered = sorted(reached)  # one order of locks
        tx.later(
            SQL["advance"],
            {
                "sources": [source for source, _ in ordered],
                "subjects": [subject for _, subject in ordered],
                "sequences": [reached[key] for key in ordered],
            },
        )
