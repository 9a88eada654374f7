"""What pens do now, for whoever looks on."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def pens(
    tx: Transaction, *, devices: Collection[UUID], clinics: Collection[UUID], since: datetime
) -> list[dict[str, Any]]:
    """Return the devices named and those of the clinics, by id, with what was heard after `since`.

    `latest` is the last sample (int by readings.Row) and `latest_at` its time by our clock, both
    None without one; `limits` and `alarms` are lists or None.
    """
    wanted = {"devices": list(devices), "clinics": list(clinics), "since": since}
    return tx.all(SQL["pens"], wanted)
