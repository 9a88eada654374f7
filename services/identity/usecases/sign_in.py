"""Signing in, staying signed in, signing out.

Signing in is two transactions with the slow hash between them, so that no connection waits for it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.identity.domain.one_time_codes import CodeNeeded
from services.identity.domain.sessions import (
    LONGEST,
    PROOF,
    SessionEnded,
    SignInRefused,
    paces,
)
from services.identity.domain.staff import Person
from services.identity.store import attempts, sessions
from services.identity.store import staff as store
from services.identity.usecases import otp
from shared.db import Transaction

REUSED = "refresh token used twice"


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a refresh token led to: a person, nothing, or an alarm about a stolen session."""

    person: Person | None
    stolen_session: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewSession:
    """What the edge makes for a sign-in."""

    id: UUID
    refresh_token: str
    address: str


def begin(tx: Transaction, email: str, address: str, now: datetime) -> dict[str, Any] | None:
    """Count a try and return whom the address could be.  Raises TooManyTries.

    Tries count for the person: PostgreSQL finds one address under spellings that Python's casefold
    tells apart (a dotted capital I), and each would have tries of its own.
    """
    row = store.by_email(tx, email)
    account = str(row["id"]) if row else email.casefold()
    for counted, pace in paces(account, address):
        attempts.spend(tx, counted, pace, now)
    attempts.forget_old(tx, now)
    return row


def prove_again(tx: Transaction, staff_id: UUID, now: datetime) -> None:
    """Count a try of somebody signed in to prove who they are.  Raises TooManyTries.

    Who took over a session may not guess password or codes as fast as the machine answers.
    """
    attempts.spend(tx, f"proof|{staff_id}", PROOF, now)


def finish(
    tx: Transaction, row: Mapping[str, Any], code: str | None, session: NewSession, now: datetime
) -> Person:
    """Begin a session after a right password.  Raises CodeNeeded or SignInRefused."""
    person = Person.of(row)
    if person.otp_confirmed:
        if code is None:
            raise CodeNeeded("Enter the six digits that your app shows.")
        otp.use_up(tx, row, code, now)
    for counted, _pace in paces(str(person.id), session.address):
        if counted.startswith("account and network|"):
            attempts.forgive(tx, counted)
    sessions.insert(tx, session.id, person.id, now, now + LONGEST)
    sessions.issue(tx, session.id, digest(session.refresh_token), now)
    sessions.forget_old(tx, now - LONGEST)
    return person


def renew(tx: Transaction, refresh_token: str, next_token: str, now: datetime) -> Renewal:
    """Exchange a refresh token for the next.  A token that was used before ends its whole family.

    The ending must be committed, so failure is returned, not raised.
    """
    known = sessions.lock_token(tx, digest(refresh_token))
    if known is None:
        return Renewal(None)
    if known["used_at"]:
        sessions.end(tx, known["session_id"], REUSED, now)
        return Renewal(None, stolen_session=known["session_id"])
    if known["ended_at"] or known["expires_at"] <= now:
        return Renewal(None)
    person = Person.of(store.find(tx, known["staff_id"], everywhere=True))
    if not person.active:
        sessions.end(tx, known["session_id"], "not active", now)
        return Renewal(None)
    sessions.use(tx, digest(refresh_token), now)
    sessions.issue(tx, known["session_id"], digest(next_token), now)
    return Renewal(person)


def sign_out(tx: Transaction, refresh_token: str, now: datetime) -> None:
    """End the session of a refresh token; an unknown one is no error (RFC 7009)."""
    known = sessions.lock_token(tx, digest(refresh_token))
    if known:
        sessions.end(tx, known["session_id"], "signed out", now)


def require_signed_in(renewal: Renewal) -> Person:
    """Return the person.  Raises SessionEnded."""
    if renewal.person is None:
        raise SessionEnded("Your session has ended. Please sign in again.")
    return renewal.person


def refused() -> SignInRefused:
    """Return the one refusal for whatever was wrong."""
    return SignInRefused("E-mail address, password or code is not right.")


def digest(token: str) -> bytes:
    """Return under what a token is kept: it is random, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode()).digest()
