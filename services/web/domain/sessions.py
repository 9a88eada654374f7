"""How long a sign-in lasts, and who it speaks for."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

IDLE = timedelta(minutes=20)
LONGEST = timedelta(hours=12)
NOTICE_AFTER = timedelta(seconds=30)  # how exactly `seen_at` is kept
RENEW_BEFORE = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in.  `clinic_ids` None means every clinic."""

    id: UUID
    name: str
    roles: frozenset[str]
    clinic_ids: tuple[UUID, ...] | None

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Return the person from identity's `/v1/me`, or from write()."""
        clinics = said["clinics"]
        return cls(
            id=UUID(str(said["id"])),
            name=str(said["name"]),
            roles=frozenset(said["roles"]),
            clinic_ids=None if clinics == "*" else tuple(UUID(str(each)) for each in clinics),
        )

    def write(self) -> dict[str, Any]:
        """Return what read() reads."""
        everywhere = self.clinic_ids is None
        clinics = "*" if everywhere else [str(each) for each in self.clinic_ids or ()]
        return {
            "id": str(self.id),
            "name": self.name,
            "roles": sorted(self.roles),
            "clinics": clinics,
        }


@dataclass(frozen=True, slots=True)
class Tokens:
    """What identity gave; never leaves the server."""

    access: str
    refresh: str
    ends_at: datetime

    @classmethod
    def read(cls, said: Mapping[str, Any], now: datetime) -> Self:
        """Return the tokens of identity's answer, whose `expires_in` counts from `now`."""
        ends_at = now + timedelta(seconds=int(said["expires_in"]))
        return cls(str(said["access_token"]), str(said["refresh_token"]), ends_at)


@dataclass(frozen=True, slots=True)
class Session:
    """One browser's sign-in."""

    id_hash: bytes
    person: Person
    tokens: Tokens
    created_at: datetime
    seen_at: datetime


def new_id() -> str:
    """Return a cookie's value: 256 random bits."""
    return secrets.token_urlsafe(32)


def id_hash(cookie: str) -> bytes:
    """Return under what a session is kept."""
    return hashlib.sha256(cookie.encode()).digest()


def form_token(cookie: str) -> str:
    """Return what a form of this session carries: nobody can make it who cannot read the cookie."""
    return hashlib.sha256(b"form|" + cookie.encode()).hexdigest()


def is_over(created_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Say whether a session ended: 20 minutes without its person, or 12 hours in all."""
    return now - seen_at >= IDLE or now - created_at >= LONGEST


def is_news(seen_at: datetime, now: datetime) -> bool:
    """Say whether `seen_at` is old enough to be written again."""
    return now - seen_at >= NOTICE_AFTER


def needs_new_tokens(tokens: Tokens, now: datetime) -> bool:
    """Say whether the access token would end during what is being asked."""
    return tokens.ends_at - now <= RENEW_BEFORE
