"""Holes in streams that staff gave up."""

from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries
from shared.errors import NotFound

SQL = queries(__file__)


class GapUnknown(NotFound):
    """No such hole: its samples have arrived, or none ever began there."""

    type = "gap-unknown"
    title = "No such gap"


def accept(
    tx: Transaction, device_id: UUID, boot_id: int, from_seq: int, *, by: UUID, now: datetime
) -> None:
    """Note that a hole's samples will not come.  Without such a hole nothing happens."""
    name = {"device_id": device_id, "boot_id": boot_id, "from_seq": from_seq}
    tx.run(SQL["accept"], name | {"by": by, "now": now})


def find(tx: Transaction, device_id: UUID, boot_id: int, from_seq: int) -> dict[str, Any]:
    """Return a hole, with who gave it up and when.  Raises GapUnknown."""
    name = {"device_id": device_id, "boot_id": boot_id, "from_seq": from_seq}
    row = tx.one(SQL["find"], name)
    if row is None:
        raise GapUnknown("There is no such gap. Perhaps its readings have arrived.")
    return row
