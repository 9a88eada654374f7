"""Where devices were before, and what goes along when one moves."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from services.device_telemetry.domain.places import Left
from shared.db import Transaction, queries

SQL = queries(__file__)
_GOES_ALONG = ("states", "gaps", "losses", "services", "firmware", "counts")


def left(tx: Transaction, device_ids: Collection[UUID]) -> dict[UUID, list[Left]]:
    """Return the clinics that these devices have left; a device that never moved is not in it."""
    found: dict[UUID, list[Left]] = {}
    for row in tx.all(SQL["left"], {"ids": list(device_ids)}):
        found.setdefault(row["device_id"], []).append(Left(row["clinic_id"], row["until"]))
    return found


def bring_streams(tx: Transaction, device_id: UUID, clinic_id: UUID) -> None:
    """Hold a device's streams and put them at `clinic_id`: before its row is held, as in ingest."""
    tx.run(SQL["streams"], {"device_id": device_id, "clinic_id": clinic_id})


def leave(tx: Transaction, device_id: UUID, clinic_id: UUID, now: datetime) -> None:
    """Note that a device leaves a clinic now."""
    tx.run(SQL["leave"], {"device_id": device_id, "clinic_id": clinic_id, "now": now})


def take_along(tx: Transaction, device_id: UUID, clinic_id: UUID) -> None:
    """Give what is known of the device itself to the clinic that it moves to."""
    for what in _GOES_ALONG:
        tx.run(SQL[what], {"device_id": device_id, "clinic_id": clinic_id})


def follow(tx: Transaction) -> int:
    """Bring along the streams that began while their device moved; return how many."""
    return tx.run(SQL["follow"])
