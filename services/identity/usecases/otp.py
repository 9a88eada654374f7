"""One-time codes: offer a secret, confirm it, use codes up, give them up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.identity.domain.one_time_codes import step_of
from services.identity.domain.sessions import SignInRefused
from services.identity.store import staff as store
from shared import crypto
from shared.db import Transaction
from shared.errors import Conflict


class CodesInUse(Conflict):
    """A secret is confirmed: give it up first."""

    type = "one-time-codes-in-use"
    title = "Codes are in use already"


def offer(tx: Transaction, staff_id: UUID, secret: bytes) -> None:
    """Keep a secret that its owner has still to confirm.  Raises CodesInUse."""
    sealed = _box().seal(secret, _place(staff_id))
    if not store.offer_otp(tx, staff_id, sealed):
        raise CodesInUse("Codes are in use already. Give them up first.")


def use_up(tx: Transaction, row: Mapping[str, Any], code: str, now: datetime) -> None:
    """Take a code, once; the first one confirms the secret.  Raises SignInRefused."""
    refused = SignInRefused("E-mail address, password or code is not right.")
    if row["otp_secret"] is None:
        raise refused
    secret = _box().open(bytes(row["otp_secret"]), _place(row["id"]))
    step = step_of(secret, code, now, row["otp_last_step"])
    if step is None or not store.use_otp(tx, row["id"], step):
        raise refused


def give_up(tx: Transaction, row: Mapping[str, Any], code: str, now: datetime) -> None:
    """Go back to the password alone, which takes a last code.  Raises SignInRefused."""
    use_up(tx, row, code, now)
    store.drop_otp(tx, row["id"])


def _box() -> crypto.Box:
    return crypto.box("one-time codes")


def _place(staff_id: UUID) -> bytes:
    return crypto.place("staff", "otp_secret", staff_id)
