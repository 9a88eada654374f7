"""A person at headquarters takes care of something."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.headquarters.domain.attention import CREDENTIAL_WARNING
from services.headquarters.store import attention, feed
from services.headquarters.usecases.projecting import wire
from shared.db import Transaction
from shared.errors import Conflict, NotFound


class NothingToAttend(NotFound):
    """There is no such item."""

    type = "attention-unknown"
    title = "This item does not exist"


class AlreadyAcknowledged(Conflict):
    """Somebody took care of it before."""

    type = "already-acknowledged"
    title = "Somebody has taken care of this"


def to_do(tx: Transaction, wanted: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    """Return what waits for a person, worst first, then the oldest."""
    return attention.to_do(tx, wanted | {"credentials_until": now + CREDENTIAL_WARNING})


def acknowledge(
    tx: Transaction, item_id: UUID, *, by: UUID, note: str | None, now: datetime
) -> dict[str, Any]:
    """Note who took care of an item and tell those who look on.

    Raises NothingToAttend or AlreadyAcknowledged.
    """
    feed.hold(tx)
    item = attention.lock(tx, item_id)
    if item is None:
        raise NothingToAttend("There is no such item.")
    if item["acknowledged_at"] is not None:
        raise AlreadyAcknowledged(
            "A colleague has acknowledged this already.",
            acknowledged_at=item["acknowledged_at"],
            acknowledged_by=item["acknowledged_by"],
        )
    done = attention.acknowledge(tx, {"id": item_id, "by": by, "note": note, "now": now})
    told = {"id": item_id, "clinic_id": item["clinic_id"], "state": "acknowledged"}
    feed.append(tx, item["clinic_id"], "attention", now, wire(told))
    feed.append(tx, item["clinic_id"], "clinic", now)
    return done
