"""Who a device is at the broker, and what it may touch there.  Exact comparison, never a pattern.

Broker permissions with `{client_id}` in them are patterns: a device that calls itself `.*` would
match everybody's topics (docs/decisions/0050).
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from services.device_telemetry.domain.topology import ENTRANCE
from shared.errors import NotFound

SECRET_BYTES = 32
TOPICS_TO_WRITE = ("readings", "events", "status")
VHOST = "/"
SUBJECT, UNIT = "CN=", "OU="


class CredentialUnknown(NotFound):
    """No such way in of a device of the caller's clinics."""

    type = "credential-unknown"
    title = "No such credential"


def fingerprint(secret: str) -> bytes:
    """Return what is kept of a secret: SHA-256, for it is random and long."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def opens(secret: str, kept: Iterable[bytes]) -> bool:
    """Say whether `secret` is one of those kept, in constant time for each."""
    shown = fingerprint(secret)
    matches = [hmac.compare_digest(shown, each) for each in kept]
    return any(matches)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who the broker says is there: a device, and whether it came by a certificate.

    `credential_id` is which, where the certificate names that; those of before name none.
    """

    device_id: UUID
    certified: bool
    credential_id: UUID | None = None


def caller(user_name: str) -> Caller | None:
    """Return who a user name of the broker's means; None: no device.

    Whoever shows a certificate is called by its whole subject (deploy/rabbitmq/conf.py), which must
    be the device's id and the credential's, or, of a certificate of before, the device's alone.
    """
    if not user_name.startswith((SUBJECT, UNIT)):
        device = device_id(user_name)
        return Caller(device, certified=False) if device else None
    parts = user_name.split(",")
    names = {part[: len(SUBJECT)]: device_id(part[len(SUBJECT) :]) for part in parts}
    device, credential = names.get(SUBJECT), names.get(UNIT)
    if device is None or len(names) != len(parts) or set(names) - {SUBJECT, UNIT}:
        return None
    if UNIT in names and credential is None:
        return None
    return Caller(device, certified=True, credential_id=credential)


def subject(device: UUID, credential: UUID) -> str:
    """Return the whole subject of the certificate that is one of a device's ways in."""
    return f"{SUBJECT}{device},{UNIT}{credential}"


def user_names(device: UUID, certificates: Iterable[UUID]) -> list[str]:
    """Return the names under which a device may be connected: by a secret, by its certificates.

    Which part of a subject comes first is the broker's affair.
    """
    names = [str(device), f"{SUBJECT}{device}"]
    for each in certificates:
        names += [subject(device, each), f"{UNIT}{each},{SUBJECT}{device}"]
    return names


def device_id(name: str) -> UUID | None:
    """Return the device that a user name means; None unless it is a UUID as we write them."""
    try:
        found = UUID(name)
    except ValueError:
        return None
    return found if str(found) == name else None


def prefix(clinic_id: UUID, device: UUID) -> str:
    """Return how a device's topics begin."""
    return f"pens/{clinic_id}/{device}"


def may_touch(device: UUID, kind: str, name: str, permission: str) -> bool:
    """Say whether a device may use the exchange, or the queue of its own commands."""
    if kind == "exchange":
        return name == ENTRANCE and permission in {"write", "read"}
    own = {f"mqtt-subscription-{device}qos0", f"mqtt-subscription-{device}qos1"}
    return kind == "queue" and name in own and permission in {"configure", "write", "read"}


def may_use_topic(clinic_id: UUID, device: UUID, permission: str, routing_key: str) -> bool:
    """Say whether a device may write or read a topic; the broker writes `/` as `.`."""
    start = f"pens.{clinic_id}.{device}."
    if permission == "write":
        return routing_key in {start + topic for topic in TOPICS_TO_WRITE}
    return permission == "read" and routing_key == start + "commands"
