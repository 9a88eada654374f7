"""Signing in, going on, signing out."""

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from services.web.domain.sessions import (
    Person,
    Session,
    Tokens,
    id_hash,
    is_news,
    is_over,
    needs_new_tokens,
)
from services.web.store import sessions
from shared.db import Transaction
from shared.errors import Unauthenticated


class Renewing(Protocol):
    """Identity, as far as a session needs it."""

    def refresh(self, refresh_token: str, now: datetime) -> Tokens:
        """Return new tokens.  Raises Unauthenticated when the sign-in has ended there."""


def begin(tx: Transaction, cookie: str, person: Person, tokens: Tokens, now: datetime) -> Session:
    """Keep a new sign-in under `cookie`, and sweep away what ended."""
    sessions.sweep(tx, now)
    session = Session(id_hash(cookie), person, tokens, created_at=now, seen_at=now)
    sessions.keep(tx, session)
    return session


def find(tx: Transaction, cookie: str, *, in_person: bool, now: datetime) -> Session | None:
    """Return the sign-in of `cookie`, or None when there is none any more.

    `in_person` is false for what a page asks by itself: a screen left alone does not stay signed
    in.
    """
    session = sessions.find(tx, id_hash(cookie))
    if session is None:
        return None
    if is_over(session.created_at, session.seen_at, now):
        sessions.drop(tx, session.id_hash)
        return None
    if in_person and is_news(session.seen_at, now):
        sessions.notice(tx, session.id_hash, now)
    return session


def renew(tx: Transaction, session: Session, identity: Renewing, now: datetime) -> Session | None:
    """Return the sign-in with tokens that last; None when identity ended it.

    The row is held meanwhile: of two tabs one asks identity, the other finds what it got.
    """
    current = sessions.lock(tx, session.id_hash)
    if current is None or not needs_new_tokens(current.tokens, now):
        return current
    try:
        tokens = identity.refresh(current.tokens.refresh, now)
    except Unauthenticated:
        sessions.drop(tx, current.id_hash)
        return None
    sessions.renew(tx, current, tokens)
    return replace(current, tokens=tokens)


def end(tx: Transaction, cookie: str) -> Session | None:
    """Forget the sign-in and return it, so that its tokens can be revoked."""
    session = sessions.lock(tx, id_hash(cookie))
    if session is not None:
        sessions.drop(tx, session.id_hash)
    return session
