"""How the payment provider proves that it is the one who tells.

`Payment-Signature: t=1893448800,v1=<hex>`: an HMAC with SHA-256 over the time, a dot, and the body
as it was sent.  Several `v1` may stand while the provider changes its secret.
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from shared.errors import Unauthenticated

TOLERANCE = timedelta(minutes=5)
_DIGITS = 11  # seconds; with more the year has five, and no calendar of ours has it


class SignatureWrong(Unauthenticated):
    """The signature is missing, wrong or too old."""

    type = "signature-wrong"
    title = "This is not signed by the payment provider"


def signed(secret: str, body: bytes, at: datetime) -> str:
    """Return the header that a provider sends with `body` at a time."""
    seconds = str(int(at.timestamp()))
    return f"t={seconds},v1={_digest(secret, seconds, body)}"


def check(secret: str, header: str, body: bytes, now: datetime) -> None:
    """Raise SignatureWrong unless the body was signed with the secret within five minutes."""
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    told = times[0] if times else ""
    if not (told.isascii() and told.isdigit() and len(told) <= _DIGITS):
        raise SignatureWrong("The payment's signature is missing or cannot be read.")
    expected = _digest(secret, told, body).encode()
    given = [value.encode() for name, _, value in parts if name == "v1"]
    if not any(hmac.compare_digest(expected, each) for each in given):
        raise SignatureWrong("The payment's signature is wrong.")
    if abs(now.timestamp() - int(told)) > TOLERANCE.total_seconds():
        at = datetime.fromtimestamp(int(told), UTC)
        raise SignatureWrong(f"The payment was signed at {at:%H:%M} UTC: too long ago, or not yet.")


def _digest(secret: str, seconds: str, body: bytes) -> str:
    return hmac.digest(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hex()
