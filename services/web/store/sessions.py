"""Sessions in PostgreSQL; person and tokens sealed."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.web.domain.sessions import IDLE, LONGEST, Person, Session, Tokens
from shared import crypto, db
from shared.db import Transaction

SQL = db.queries(__file__)
_PURPOSE = "web sessions"


def keep(tx: Transaction, session: Session) -> None:
    """Keep a new session."""
    tx.run(
        SQL["keep"],
        {
            "id_hash": session.id_hash,
            "sealed": _seal(session.id_hash, session.person, session.tokens),
            "now": session.created_at,
            "token_ends_at": session.tokens.ends_at,
        },
    )


def find(tx: Transaction, id_hash: bytes) -> Session | None:
    """Return the session, or None for one that is not there or that we can no longer read."""
    return _session(tx.one(SQL["find"], {"id_hash": id_hash}))


def lock(tx: Transaction, id_hash: bytes) -> Session | None:
    """Return the session, held until this transaction ends."""
    return _session(tx.one(SQL["lock"], {"id_hash": id_hash}))


def renew(tx: Transaction, session: Session, tokens: Tokens) -> None:
    """Replace a session's tokens."""
    sealed = _seal(session.id_hash, session.person, tokens)
    tx.run(
        SQL["renew"],
        {"id_hash": session.id_hash, "sealed": sealed, "token_ends_at": tokens.ends_at},
    )


def notice(tx: Transaction, id_hash: bytes, now: datetime) -> None:
    """Remember that the person is there."""
    tx.run(SQL["notice"], {"id_hash": id_hash, "now": now})


def drop(tx: Transaction, id_hash: bytes) -> None:
    """Forget a session."""
    tx.run(SQL["drop"], {"id_hash": id_hash})


def sweep(tx: Transaction, now: datetime) -> int:
    """Forget what ended by itself; return how many."""
    return tx.run(SQL["sweep"], {"idle_since": now - IDLE, "oldest": now - LONGEST})


def _seal(id_hash: bytes, person: Person, tokens: Tokens) -> bytes:
    said = {"person": person.write(), "access": tokens.access, "refresh": tokens.refresh}
    return crypto.box(_PURPOSE).seal(json.dumps(said).encode(), _place(id_hash))


def _session(row: Mapping[str, Any] | None) -> Session | None:
    if row is None:
        return None
    id_hash = bytes(row["id_hash"])
    try:
        said = json.loads(crypto.box(_PURPOSE).open(bytes(row["sealed"]), _place(id_hash)))
    except crypto.SealBroken:
        return None  # the key was changed: the person signs in again
    return Session(
        id_hash=id_hash,
        person=Person.read(said["person"]),
        tokens=Tokens(said["access"], said["refresh"], row["token_ends_at"]),
        created_at=row["created_at"],
        seen_at=row["seen_at"],
    )


def _place(id_hash: bytes) -> bytes:
    return crypto.place("sessions", "sealed", id_hash.hex())
