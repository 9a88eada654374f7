"""What lets devices in: the fingerprints of their secrets, or that they have a certificate."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Prepared, Question, Transaction, queries

SQL = queries(__file__)
VALID = Prepared.of(SQL["valid"])  # asked for each connection, and by 2,000 devices at once


@dataclass(frozen=True, slots=True)
class Entry:
    """A device's clinic, the fingerprints of its secrets, and its certificates.

    None among those: one of before that names only its device will do.
    """

    clinic_id: UUID
    fingerprints: tuple[bytes, ...]
    certificates: frozenset[UUID | None]


def insert(
    tx: Transaction,
    *,
    credential_id: UUID,
    device_id: UUID,
    clinic_id: UUID,
    sha256: bytes | None,
    now: datetime,
) -> None:
    """Keep the fingerprint of a new secret; without one, that the device has a certificate."""
    values = {
        "id": credential_id,
        "device_id": device_id,
        "clinic_id": clinic_id,
        "kind": "certificate" if sha256 is None else "secret",
        "sha256": sha256,
        "now": now,
    }
    tx.run(SQL["insert"], values)


def end_all(tx: Transaction, device_id: UUID, until: datetime) -> None:
    """End every way in of a device at `until`, and have what came in by it cut then."""
    tx.run(SQL["end_all"], {"device_id": device_id, "until": until})


def end_one(tx: Transaction, device_id: UUID, credential_id: UUID, until: datetime) -> None:
    """End one way in of a device at `until`, and have what came in by it cut then."""
    tx.run(SQL["end_one"], {"id": credential_id, "device_id": device_id, "until": until})


def exists(tx: Transaction, device_id: UUID, credential_id: UUID) -> bool:
    """Say whether a device has or had this way in."""
    return tx.one(SQL["one"], {"id": credential_id, "device_id": device_id}) is not None


def page(tx: Transaction, device_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a device's ways in, youngest first: never what opens them."""
    return tx.all(SQL["page"], {"device_id": device_id, **binds})


def certificates(tx: Transaction, device_id: UUID, since: datetime) -> list[UUID]:
    """Return the named certificates of a device that had not ended by `since`."""
    rows = tx.all(SQL["certificates"], {"device_id": device_id, "since": since})
    return [row["id"] for row in rows]


def valid(tx: Transaction | Question, device_id: UUID, now: datetime) -> Entry | None:
    """Return what opens the door for a device now; None: nothing does."""
    rows = tx.all(VALID, {"device_id": device_id, "now": now})
    if not rows:
        return None
    secrets = (row["secret_sha256"] for row in rows if row["kind"] == "secret")
    certified = (row for row in rows if row["kind"] == "certificate")
    certificates = frozenset(row["id"] if row["named"] else None for row in certified)
    return Entry(rows[0]["clinic_id"], tuple(map(bytes, secrets)), certificates)
