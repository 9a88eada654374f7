"""Events whose handler failed: tried again with growing delays, in the order of their subject."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.db import Transaction, queries
from shared.events.catalogue import Event

SQL = queries(__file__)
# Eight tries in about four hours: the first at once, then after these pauses.
DELAYS_S = (5, 20, 80, 300, 900, 3600, 9000)
TRIES = len(DELAYS_S) + 1
_PATIENCE = timedelta(minutes=2)  # a worker that died while trying holds the event back so long


@dataclass(frozen=True, slots=True)
class Claim:
    """One try that is being made."""

    id: UUID
    body: bytes
    tries: int
    replayed: bool


def pause(tries: int) -> timedelta:
    """Return how long to wait after so many tries, with a fifth of jitter either way."""
    delay = DELAYS_S[min(tries, len(DELAYS_S)) - 1]
    return timedelta(seconds=delay * random.uniform(0.8, 1.2))  # noqa: S311 # jitter is no secret


def add(tx: Transaction, event: Event, body: bytes, *, error: str | None, now: datetime) -> None:
    """Keep an event for later: after its first failed try, or untried behind an earlier one."""
    tries = 0 if error is None else 1
    tx.execute(
        SQL["add"],
        {
            "id": event.id,
            "type": event.type,
            "source": event.source,
            "subject": event.subject,
            "sequence": event.sequence,
            "clinic_id": event.clinic_id,
            "body": body,
            "tries": tries,
            "due_at": now + pause(tries) if tries else now,
            "error": error,
            "replayed": False,
        },
    )


def claim(tx: Transaction, now: datetime) -> Claim | None:
    """Count and return the next try that is due, or None.  Commit before trying."""
    row = tx.one(SQL["claim"], {"now": now, "patience": _PATIENCE})
    return Claim(row["id"], bytes(row["body"]), row["tries"], row["replayed"]) if row else None


def finish(tx: Transaction, claim: Claim) -> bool:
    """Remove the event from the waiting ones; False when another worker was faster."""
    return bool(tx.run(SQL["finish"], {"id": claim.id, "tries": claim.tries}))


def postpone(tx: Transaction, claim: Claim, error: str, now: datetime) -> None:
    """Set the time of the next try."""
    values = {"id": claim.id, "tries": claim.tries, "error": error}
    tx.execute(SQL["postpone"], values | {"due_at": now + pause(claim.tries)})


def waiting(tx: Transaction) -> int:
    """Return how many events wait."""
    row = tx.one(SQL["waiting"])
    return int(row["retrying"]) if row else 0
