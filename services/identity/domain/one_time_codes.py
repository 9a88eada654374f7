"""One-time codes of an authenticator app (RFC 6238): six digits, thirty seconds, SHA-1."""

import base64
import hashlib
import hmac
import struct
from datetime import datetime
from urllib.parse import quote

from shared.errors import Unauthenticated

STEP_S = 30
DIGITS = 6
DRIFT_STEPS = 1  # a clock may be half a minute off
SECRET_BYTES = 20


class CodeNeeded(Unauthenticated):
    """The password is right, and the account also wants a code."""

    type = "one-time-code-required"
    title = "Enter the code of your app"


def step_of(secret: bytes, code: str, at: datetime, last_step: int) -> int | None:
    """Return the time step to which `code` belongs; None for a wrong, old or used one.

    The caller keeps the step: a code counts once (ASVS 6.5.1).
    """
    now = int(at.timestamp()) // STEP_S
    steps = range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1)
    fitting = [step for step in steps if hmac.compare_digest(_code(secret, step), code.encode())]
    return next((step for step in fitting if step > last_step), None)


def address_for_app(secret: bytes, account: str) -> str:
    """Return the otpauth address that an app reads as a QR code."""
    shown = base64.b32encode(secret).decode()
    return f"otpauth://totp/Needlepoint:{quote(account)}?secret={shown}&issuer=Needlepoint"


def _code(secret: bytes, step: int) -> bytes:
    digest = hmac.digest(secret, struct.pack(">Q", step), hashlib.sha1)
    start = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}".encode()
