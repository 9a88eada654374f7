"""Access tokens (RFC 9068): made by identity, read by everybody.

ES256 and nothing else; the key comes from our own set by its id, never from what the token says.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)

from shared import clock, db
from shared.errors import Unauthenticated
from shared.permissions import ROLES, allows

ISSUER = AUDIENCE = "needlepoint"
ALGORITHM = "ES256"
TYPE = "at+jwt"
LIFETIME = timedelta(minutes=10)
LONGEST_S = 3600  # no token of ours lives longer, whatever it says
MAX_BYTES = 4096
LEEWAY_S = 30
MOST_KNOWN = 2000  # tokens of which a process remembers that they are good
_REQUIRED = ("exp", "iat", "iss", "aud", "sub", "jti", "roles", "clinics", "epoch")
_HEADERS = {"alg", "typ", "kid"}
_KID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class TokenRefused(Unauthenticated):
    """The token is not one of ours, or no longer valid.  Which of both is not said."""

    type = "token-refused"
    title = "Please sign in again"


class Keys(Protocol):
    """Where the public keys come from."""

    def find(self, kid: str) -> EllipticCurvePublicKey | None:
        """Return the key of that id, or None.  Raises Unavailable when it cannot be known."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the id under which its public half is published."""

    kid: str
    private: EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking.  `clinic_ids` None means every clinic."""

    id: UUID
    roles: frozenset[str]
    clinic_ids: frozenset[UUID] | None
    epoch: int = 0
    name: str | None = None  # never filled from a token; pages may set it

    def may(self, permission: str) -> bool:
        """Say whether one of the roles holds the permission."""
        return allows(permission, self.roles)

    def reaches(self, clinic_id: UUID) -> bool:
        """Say whether that clinic is one of theirs."""
        return self.clinic_ids is None or clinic_id in self.clinic_ids

    @property
    def scope(self) -> db.Scope:
        """Return the rows that row-level security shows them."""
        return db.EVERY_CLINIC if self.clinic_ids is None else db.Scope.of(self.clinic_ids)


def mint(key: SigningKey, actor: Actor, now: datetime, lifetime: timedelta = LIFETIME) -> str:
    """Return a signed access token for `actor`, valid from `now`."""
    clinics = "*" if actor.clinic_ids is None else sorted(map(str, actor.clinic_ids))
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(actor.id),
        "jti": uuid4().hex,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
        "roles": sorted(actor.roles),
        "clinics": clinics,
        "epoch": actor.epoch,
    }
    return jwt.encode(claims, key.private, ALGORITHM, headers={"typ": TYPE, "kid": key.kid})


class Reader:
    """Reads tokens; the signature of one is checked once, its end and its key each time."""

    def __init__(self) -> None:
        """Know nobody yet."""
        self._known: dict[str, _Checked] = {}

    def read(self, token: str, keys: Keys) -> Actor:
        """Return whom a token speaks for.  Raises TokenRefused, or Unavailable without any key."""
        known = self._known.get(token)
        if known and known.ends > clock.now().timestamp() and keys.find(known.kid) is known.key:
            return known.actor
        checked = _checked(token, keys)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[token] = checked
        return checked.actor


@dataclass(frozen=True, slots=True)
class _Checked:
    """A token with a good signature: by which key, and until when it counts, in Unix time."""

    actor: Actor
    kid: str
    key: EllipticCurvePublicKey
    ends: float


def _checked(token: str, keys: Keys) -> _Checked:
    refused = TokenRefused("Your sign-in is not valid any more. Please sign in again.")
    kid = _kid(token)
    key = keys.find(kid) if kid else None
    if kid is None or key is None:
        raise refused
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            leeway=LEEWAY_S,
            options={"require": list(_REQUIRED)},
        )
        return _Checked(_actor(claims), kid, key, claims["exp"] + LEEWAY_S)
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as wrong:
        raise refused from wrong


def _kid(token: str) -> str | None:
    """Return the key id of a token whose header holds what ours do and nothing more."""
    if len(token) > MAX_BYTES or not token.isascii():
        return None
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    kid = header.get("kid")
    ours = header.get("alg") == ALGORITHM and header.get("typ") == TYPE
    if ours and set(header) <= _HEADERS and isinstance(kid, str) and _KID.fullmatch(kid):
        return kid
    return None


def _actor(claims: Mapping[str, Any]) -> Actor:
    """Return the actor; ValueError for claims of a shape that identity never writes."""
    expires, issued, epoch = claims["exp"], claims["iat"], claims["epoch"]
    if any(type(number) is not int for number in (expires, issued, epoch)):
        raise ValueError("not a whole number")
    if expires - issued > LONGEST_S or claims["aud"] != AUDIENCE:
        raise ValueError("too long, or for others too")
    clinics = claims["clinics"]
    everywhere = clinics in ("*", ["*"])
    if not everywhere and not isinstance(clinics, list):
        raise ValueError("no list of clinics")
    if not isinstance(claims["roles"], list):
        raise TypeError("no list of roles")
    return Actor(
        id=UUID(claims["sub"]),
        roles=ROLES.intersection(claims["roles"]),
        clinic_ids=None if everywhere else frozenset(map(UUID, clinics)),
        epoch=epoch,
    )
