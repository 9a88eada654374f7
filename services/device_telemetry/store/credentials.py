"""The fingerprints of devices' secrets."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


@dataclass(frozen=True, slots=True)
class Entry:
    """The clinic of a device and the fingerprints of the secrets that open the door for it."""

    clinic_id: UUID
    fingerprints: tuple[bytes, ...]


def insert(
    tx: Transaction,
    *,
    credential_id: UUID,
    device_id: UUID,
    clinic_id: UUID,
    sha256: bytes,
    now: datetime,
) -> None:
    """Keep the fingerprint of a new secret."""
    values = {
        "id": credential_id,
        "device_id": device_id,
        "clinic_id": clinic_id,
        "sha256": sha256,
        "now": now,
    }
    tx.run(SQL["insert"], values)


def end_all(tx: Transaction, device_id: UUID, until: datetime, but: UUID | None = None) -> int:
    """End a device's secrets at `until`, except one.  Return how many that changed."""
    return tx.run(SQL["end_all"], {"device_id": device_id, "until": until, "but": but})


def valid(tx: Transaction, device_id: UUID, now: datetime) -> Entry | None:
    """Return what opens the door for a device now; None: nothing does."""
    rows = tx.all(SQL["valid"], {"device_id": device_id, "now": now})
    if not rows:
        return None
    return Entry(rows[0]["clinic_id"], tuple(bytes(row["secret_sha256"]) for row in rows))


def lately_ended(tx: Transaction, since: datetime, now: datetime) -> dict[UUID, datetime]:
    """Return when the latest secret of each device ended that lost one after `since`."""
    rows = tx.all(SQL["lately_ended"], {"since": since, "now": now})
    return {row["device_id"]: row["ended_at"] for row in rows}
