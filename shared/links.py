"""Signed links for clients: each for one purpose and for a while, with nothing personal in it.

A token is `<purpose>.<payload>.<signature>`.  The payload names an appointment or an offer, its
clinic, its issue (so that all links of an appointment can be revoked) and when it ends; the
signature is HMAC-SHA-256 under a key of that purpose alone, so a link that confirms cannot cancel.

LINKS_KEY holds one secret or several, separated by commas: the first signs, all are believed.
"""

import hashlib
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Literal
from uuid import UUID

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode

from shared import settings
from shared.errors import Conflict, NotFound

Purpose = Literal["confirm", "move", "cancel", "earlier", "offer"]
PURPOSES: Final[tuple[Purpose, ...]] = ("confirm", "move", "cancel", "earlier", "offer")
MOST_CHARACTERS: Final = 200  # ours have up to 116; nothing longer is looked at
_PAYLOAD: Final = struct.Struct(">16s16sqq")  # subject, clinic, issue, end: fixed, so no parser
_LEAST_SECRET: Final = 32  # characters


class LinkInvalid(NotFound):
    """Nobody of ours signed this link, or not for this purpose."""

    type = "link-invalid"
    title = "This link does not work"


class LinkExpired(Conflict):
    """The link's time is over, or the clinic withdrew it."""

    type = "link-expired"
    title = "This link has ended"


@dataclass(frozen=True, slots=True)
class Link:
    """What a token says.  `subject` is an appointment's id, or an offer's of the waiting list."""

    purpose: Purpose
    subject: UUID
    clinic_id: UUID
    issue: int  # of the appointment's links; a higher one revokes the lower
    expires_at: datetime  # aware, in whole seconds: when the appointment begins, or the offer ends


def mint(link: Link) -> str:
    """Return the token of a link.  Raises SettingMissing."""
    ends = int(link.expires_at.timestamp())
    payload = _PAYLOAD.pack(link.subject.bytes, link.clinic_id.bytes, link.issue, ends)
    signed = _signer(_keys(), link.purpose).sign(base64_encode(payload))
    return f"{link.purpose}.{signed.decode()}"


def read(token: str, now: datetime) -> Link:
    """Return what a token says.  Raises LinkInvalid, LinkExpired or SettingMissing."""
    link = _verified(token)
    if now >= link.expires_at:
        raise LinkExpired("The time of this link is over. Please phone the clinic.")
    return link


def check_keys() -> None:
    """Raise SettingMissing unless LINKS_KEY can sign: called when a process starts."""
    _signer(_keys(), PURPOSES[0])


def invalid() -> LinkInvalid:
    """Return the one refusal of whatever is wrong with a link, so that it tells nothing."""
    return LinkInvalid("This link does not work. Please use the newest mail, or phone the clinic.")


def _verified(token: str) -> Link:
    purpose, _, signed = token.partition(".")
    if len(token) > MOST_CHARACTERS or not token.isascii() or purpose not in PURPOSES:
        raise invalid()
    try:
        payload = _signer(_keys(), purpose).unsign(signed)
        signature = signed.rpartition(".")[2].encode()
        if base64_encode(base64_decode(signature)) != signature:
            raise invalid()  # base64 has idle bits: a token has one spelling
    except BadData as forged:
        raise invalid() from forged
    subject, clinic_id, issue, ends = _PAYLOAD.unpack(base64_decode(payload))
    expires_at = datetime.fromtimestamp(ends, UTC)
    return Link(purpose, UUID(bytes=subject), UUID(bytes=clinic_id), issue, expires_at)


def _keys() -> tuple[str, ...]:
    """Return the secrets, the signing one first.  Raises SettingMissing."""
    keys = tuple(part.strip() for part in settings.secret("LINKS_KEY").split(","))
    production = settings.environment() == "production"
    for key in keys:
        if len(key) < _LEAST_SECRET:
            raise settings.SettingMissing(
                f"Each secret of LINKS_KEY needs at least {_LEAST_SECRET} characters."
            )
        if production and key.startswith("development"):
            raise settings.SettingMissing(
                "LINKS_KEY holds a development secret; production refuses it."
            )
    return keys


@lru_cache(maxsize=32)
def _signer(keys: tuple[str, ...], purpose: str) -> Signer:
    return Signer(
        list(reversed(keys)),  # itsdangerous signs with the last
        salt=f"needlepoint link: {purpose}",
        key_derivation="hmac",
        digest_method=hashlib.sha256,
    )
