"""Who tries to sign in how often, in PostgreSQL: one count for all processes."""

import hashlib
from datetime import datetime

from services.identity.domain.sessions import Pace, too_soon
from shared.db import Transaction, queries

SQL = queries(__file__)


def spend(tx: Transaction, counted: str, pace: Pace, now: datetime) -> None:
    """Count a try.  Raises TooManyTries when it comes too soon."""
    key = _key(counted)
    values = {"key": key, "now": now, "every": pace.every, "ahead": pace.ahead}
    if tx.one(SQL["try"], values):
        return
    known = tx.one(SQL["find"], {"key": key})
    raise too_soon(known["due_at"] if known else now, pace, now)


def forgive(tx: Transaction, counted: str) -> None:
    """Forget the tries of somebody who proved to be themselves."""
    tx.run(SQL["forgive"], {"key": _key(counted)})


def forget_old(tx: Transaction, now: datetime) -> int:
    """Delete up to 100 rows that hold nobody back."""
    return tx.run(SQL["forget_old"], {"now": now})


def _key(counted: str) -> bytes:
    """Return a hash: the table names nobody and no address."""
    return hashlib.sha256(counted.encode()).digest()
