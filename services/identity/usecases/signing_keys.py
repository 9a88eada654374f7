"""The keys that sign access tokens: made at first need, published ahead, retired with overlap."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from services.identity.store import signing_keys as store
from shared import crypto
from shared.db import Transaction

AHEAD = timedelta(hours=24)  # published so long before its first use
OVERLAP = timedelta(hours=2)  # tokens live minutes and caches ten of them


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key and its id."""

    kid: str
    private: ec.EllipticCurvePrivateKey


def current(tx: Transaction, kid: str, now: datetime) -> Signer:
    """Return the key to sign with; the first one is made here, under the id `kid`."""
    row = store.current(tx, now)
    if row is None:
        store.lock(tx)
        row = store.current(tx, now)
    if row is None:
        return _make(tx, kid, now, use_from=now)
    private = _box().open(bytes(row["private_key"]), _place(row["kid"]))
    key = serialization.load_der_private_key(private, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("A signing key is not an EC key.")
    return Signer(row["kid"], key)


def rotate(tx: Transaction, kid: str, now: datetime, *, at_once: bool = False) -> Signer:
    """Publish a new key.  It signs from tomorrow, and the old ones end two hours after that.

    `at_once`, for a stolen key: it signs from now, and the old ones end now.
    """
    store.lock(tx)
    use_from = now if at_once else now + AHEAD
    made = _make(tx, kid, now, use_from=use_from)
    store.retire_others(tx, kid, now if at_once else use_from + OVERLAP)
    return made


def jwks(tx: Transaction, now: datetime) -> dict[str, Any]:
    """Return the published keys (RFC 7517)."""
    return {"keys": store.published(tx, now)}


def _make(tx: Transaction, kid: str, now: datetime, use_from: datetime) -> Signer:
    private = ec.generate_private_key(ec.SECP256R1())
    der = private.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(private.public_key()))
    key = {
        "kid": kid,
        "private_key": _box().seal(der, _place(kid)),
        "public_jwk": {**public, "kid": kid, "use": "sig", "alg": "ES256"},
        "now": now,
        "use_from": use_from,
    }
    store.insert(tx, key)
    return Signer(kid, private)


def _box() -> crypto.Box:
    return crypto.box("signing keys")


def _place(kid: str) -> bytes:
    return crypto.place("signing_keys", "private_key", kid)
