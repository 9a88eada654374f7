"""Devices' secrets and certificates: made, ended, and shown at the door."""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.device_telemetry.domain import credentials as rules
from services.device_telemetry.domain.devices import DeviceRetired
from services.device_telemetry.store import credentials as store
from services.device_telemetry.store import devices
from services.device_telemetry.store.credentials import Entry
from shared.db import Question, Transaction


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
    by_secret, by_certificate = rules.user_names(device_id)
    return {
        "id": credential_id,
        "device_id": device_id,
        "kind": "certificate" if secret is None else "secret",
        "username": None if secret is None else by_secret,
        "secret": secret,
        "certificate_subject": by_certificate if secret is None else None,
        "topic_prefix": rules.prefix(device.clinic_id, device_id),
        "made_at": now,
    }


def revoke(tx: Transaction, device_id: UUID, now: datetime) -> None:
    """End every way in of a device at once.  Raises DeviceUnknown."""
    devices.lock(tx, device_id)
    store.end_all(tx, device_id, now)


def entry(tx: Transaction | Question, device_id: UUID, now: datetime) -> Entry | None:
    """Return what opens the door for a device; None when it has no way in."""
    return store.valid(tx, device_id, now)
