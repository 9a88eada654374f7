"""Devices' secrets and certificates: made, ended, and shown at the door."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from services.device_telemetry.domain import credentials as rules
from services.device_telemetry.domain.devices import DeviceRetired
from services.device_telemetry.store import credentials as store
from services.device_telemetry.store import devices
from services.device_telemetry.store.credentials import Entry
from shared.db import Question, Transaction

CUT_WITHIN: Final = timedelta(days=30)  # no connection outlives its credential by so long


def new_secret() -> str:
    """Return 256 random bits, as text that every MQTT client can send."""
    return secrets.token_urlsafe(rules.SECRET_BYTES)


def issue(
    tx: Transaction,
    device_id: UUID,
    *,
    credential_id: UUID,
    secret: str | None,
    overlap: timedelta,
    now: datetime,
) -> dict[str, Any]:
    """Give a device a new way in and end the old ones after `overlap`.

    Without a secret it comes by a certificate of our authority's that names it.  Returns what is
    shown this once.  Raises DeviceUnknown or DeviceRetired.
    """
    device = devices.lock(tx, device_id)
    if device.status == "retired":
        raise DeviceRetired(f"{device.name} is retired.")
    store.end_all(tx, device_id, now + overlap)
    store.insert(
        tx,
        credential_id=credential_id,
        device_id=device_id,
        clinic_id=device.clinic_id,
        sha256=None if secret is None else rules.fingerprint(secret),
        now=now,
    )
    return {
        "id": credential_id,
        "device_id": device_id,
        "kind": "certificate" if secret is None else "secret",
        "username": None if secret is None else str(device_id),
        "secret": secret,
        "certificate_subject": rules.subject(device_id, credential_id) if secret is None else None,
        "topic_prefix": rules.prefix(device.clinic_id, device_id),
        "made_at": now,
    }


def revoke(tx: Transaction, device_id: UUID, now: datetime) -> None:
    """End every way in of a device at once.  Raises DeviceUnknown."""
    devices.lock(tx, device_id)
    store.end_all(tx, device_id, now)


def revoke_one(tx: Transaction, device_id: UUID, credential_id: UUID, now: datetime) -> None:
    """End one way in of a device at once; the others hold.  One that has ended stays so.

    Raises DeviceUnknown or CredentialUnknown.
    """
    devices.lock(tx, device_id)
    if not store.exists(tx, device_id, credential_id):
        raise rules.CredentialUnknown("This device has no such way in.")
    store.end_one(tx, device_id, credential_id, now)


def listed(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return a stored way in as CredentialEntry."""
    device_id, until = row["device_id"], row["valid_until"]
    of_its_own = rules.subject(device_id, row["id"])
    named = of_its_own if row["named"] else f"{rules.SUBJECT}{device_id}"
    return {
        **row,
        "certificate_subject": named if row["kind"] == "certificate" else None,
        "valid": until is None or until > now,
    }


def certificates(tx: Transaction, device_id: UUID, now: datetime) -> list[UUID]:
    """Return the certificates by which a device may be connected, also those that have ended."""
    return store.certificates(tx, device_id, now - CUT_WITHIN)


def entry(tx: Transaction | Question, device_id: UUID, now: datetime) -> Entry | None:
    """Return what opens the door for a device; None when it has no way in."""
    return store.valid(tx, device_id, now)
