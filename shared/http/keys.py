"""The public keys by which tokens are checked: from a file, or from identity, and kept.

A set is used for ten minutes.  An unknown key id asks again, at most every 30 seconds, so that
made-up ids are no flood; and the old set goes on serving while identity is down.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from shared import settings
from shared.errors import Unavailable

FRESH_S = 600
ASK_AGAIN_S = 30
TIMEOUT_S = 3

Jwks = Mapping[str, Any]


class NoKeys(Unavailable):
    """No key was ever seen: nobody can be recognised."""

    type = "sign-in-unavailable"
    title = "Sign-in cannot be checked"


class KeySet:
    """Public keys by id."""

    def __init__(
        self,
        fetch: Callable[[], Jwks],
        clock: Callable[[], float] = time.monotonic,
        ask_again_s: float = ASK_AGAIN_S,
    ) -> None:
        """`fetch` returns a JWKS (RFC 7517) or raises OSError or ValueError."""
        self._fetch = fetch
        self._ask_again_s = ask_again_s
        self._clock = clock
        self._keys: dict[str, EllipticCurvePublicKey] = {}
        self._fetched_at = self._asked_at = float("-inf")
        self._lock = threading.Lock()

    def find(self, kid: str) -> EllipticCurvePublicKey | None:
        """Return the key, or None for an id we do not know.  Raises NoKeys."""
        now = self._clock()
        stale = now - self._fetched_at > FRESH_S
        if (stale or kid not in self._keys) and now - self._asked_at > self._ask_again_s:
            self._ask(now)
        if not self._keys:
            raise NoKeys(
                "Sign-in cannot be checked at the moment. Please try again shortly.",
                retry_after_s=2,
            )
        return self._keys.get(kid)

    def _ask(self, now: float) -> None:
        """Fetch once, whoever asks first; the others wait for that answer."""
        with self._lock:
            if now <= self._asked_at:
                return
            try:
                keys = read_jwks(self._fetch())
            except (OSError, ValueError, KeyError):
                keys = {}
            if keys:
                self._keys, self._fetched_at = keys, now
            # Without any key, ask again with the next request: there is nothing to protect yet.
            self._asked_at = now if self._keys else float("-inf")


def read_jwks(jwks: Jwks) -> dict[str, EllipticCurvePublicKey]:
    """Return the ES256 public keys of a JWKS by id.  Raises KeyError or ValueError."""
    found = {}
    for each in jwks["keys"]:
        if each.get("kty") != "EC" or each.get("crv") != "P-256" or "d" in each:
            continue
        try:
            key = jwt.PyJWK.from_dict(each, algorithm="ES256").key
        except jwt.PyJWTError as wrong:
            raise ValueError("no EC key") from wrong
        found[str(each["kid"])] = key
    return found


def configured() -> KeySet:
    """Return the set that JWKS_FILE names, else the one that IDENTITY_URL publishes."""
    path = settings.text("JWKS_FILE", "")
    return KeySet((lambda: _from_file(path)) if path else _from_identity)


def _from_file(path: str) -> Jwks:
    jwks: Jwks = json.loads(Path(path).read_text(encoding="utf-8"))
    return jwks


def _from_identity() -> Jwks:
    url = settings.text("IDENTITY_URL").rstrip("/") + "/v1/jwks"
    answer = requests.get(url, timeout=TIMEOUT_S, allow_redirects=False)
    answer.raise_for_status()
    jwks: Jwks = answer.json()
    return jwks
