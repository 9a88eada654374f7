"""The key with which this process signs, kept a minute, and those by which identity checks."""

import threading
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from services.identity.usecases import signing_keys
from services.identity.usecases.signing_keys import Signer
from shared import clock, db, ids, settings
from shared.http import keys, tokens, transactions
from shared.http.tokens import Actor, SigningKey

KEEP = timedelta(minutes=1)
_lock = threading.Lock()
_kept: tuple[Signer, datetime] | None = None


def sign(actor: Actor, now: datetime, lifetime: timedelta = tokens.LIFETIME) -> str:
    """Return an access token."""
    signer = _signer(now)
    return tokens.mint(SigningKey(signer.kid, signer.private), actor, now, lifetime)


def forget() -> None:
    """Ask the database for the key again."""
    global _kept
    _kept = None


def _signer(now: datetime) -> Signer:
    global _kept
    with _lock:
        if _kept is None or now - _kept[1] > KEEP:
            with transactions.transaction(db.NO_CLINIC) as tx:
                _kept = signing_keys.current(tx, kid_of(ids.new()), now), now
        return _kept[0]


def kid_of(new_id: UUID) -> str:
    """Return a key's id."""
    return new_id.hex


class OwnKeys:
    """Identity's own published keys, and those of JWKS_FILE where one is named."""

    def __init__(self) -> None:
        """Ask nobody yet."""
        self._own = keys.KeySet(_published, ask_again_s=0)  # our own table is near
        self._named = keys.configured() if settings.text("JWKS_FILE", "") else None

    def find(self, kid: str) -> EllipticCurvePublicKey | None:
        """Return the key of that id, or None."""
        try:
            found = self._own.find(kid)
        except keys.NoKeys:
            found = None
        return found or (self._named.find(kid) if self._named else None)


def _published() -> keys.Jwks:
    transactions.open_pool_once()
    with db.transaction() as tx:
        return signing_keys.jwks(tx, clock.now())
