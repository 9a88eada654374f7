"""Events that wait for a person, and what that person did with them."""

import contextlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared import ids, trace
from shared.db import Transaction, queries
from shared.events.catalogue import Event

SQL = queries(__file__)
POISON = "poison"  # cannot be read: bad JSON, unknown version, data against its schema
REFUSED = "refused"  # a rule said no
EXHAUSTED = "exhausted"  # every try failed
DEAD_LETTERED = "dead_lettered"  # its worker ended each time it was delivered
_FACTS = ("event_id", "type", "source", "subject", "sequence", "clinic_id", "traceparent")


@dataclass(frozen=True, slots=True)
class Why:
    """Why an event is parked, without what is in it."""

    reason: str
    error: str
    tries: int = 1


def add(tx: Transaction, body: bytes, why: Why, now: datetime, event: Event | None = None) -> None:
    """Park a message; `event` is None when it could not be read."""
    facts = _facts(event) if event else glean(body)
    told = {"reason": why.reason, "error": why.error, "tries": why.tries}
    tx.execute(SQL["add"], facts | told | {"id": ids.new(), "body": body, "now": now})


def _facts(event: Event) -> dict[str, Any]:
    return {
        "event_id": event.id,
        "type": event.type,
        "source": event.source,
        "subject": event.subject,
        "sequence": event.sequence,
        "clinic_id": event.clinic_id,
        "traceparent": event.traceparent,
    }


def glean(body: bytes) -> dict[str, Any]:
    """Return what an unreadable message says of itself, as far as it makes sense."""
    facts: dict[str, Any] = dict.fromkeys(_FACTS)
    with contextlib.suppress(ValueError, RecursionError):
        head = json.loads(body)
        if isinstance(head, dict):
            facts["event_id"] = _uuid(head.get("id"))
            facts["clinic_id"] = _uuid(head.get("clinicid"))
            facts["traceparent"] = trace.well_formed(head.get("traceparent"))
            kind = head.get("type")
            facts["type"] = kind[:100] if isinstance(kind, str) and kind.isprintable() else None
    return facts


def _uuid(value: object) -> UUID | None:
    with contextlib.suppress(ValueError):
        return UUID(value) if isinstance(value, str) else None
    return None


def listed(tx: Transaction, most: int = 100) -> list[dict[str, Any]]:
    """Return the events parked longest, without their data."""
    return tx.all(SQL["listed"], {"most": most})


def find(tx: Transaction, parked_id: UUID) -> dict[str, Any] | None:
    """Return one parked event, locked, or None."""
    return tx.one(SQL["find"], {"id": parked_id})


def replay(tx: Transaction, row: dict[str, Any], by: str, now: datetime) -> None:
    """Hand a parked event to this service's worker once more, at once."""
    tx.execute(SQL["replay"], {"id": row["id"], "now": now})
    _finish(tx, row, {"action": "replayed", "by": by, "why": None, "now": now})


def discard(tx: Transaction, row: dict[str, Any], *, by: str, why: str, now: datetime) -> None:
    """Give a parked event up, for a reason."""
    _finish(tx, row, {"action": "discarded", "by": by, "why": why, "now": now})


def _finish(tx: Transaction, row: dict[str, Any], done: dict[str, Any]) -> None:
    about = {"id": row["id"], "event_id": row["event_id"], "type": row["type"]}
    tx.execute(SQL["record"], about | done)
    tx.execute(SQL["remove"], {"id": row["id"]})


def waiting(tx: Transaction) -> int:
    """Return how many events are parked."""
    row = tx.one(SQL["waiting"])
    return int(row["parked"]) if row else 0
