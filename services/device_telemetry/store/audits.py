"""Audits: each device's days, counted in batches and in minutes."""

from datetime import date, datetime
from typing import Any

from shared.db import Transaction, queries

SQL = queries(__file__)


def audit(
    tx: Transaction, day: date, *, since: datetime, until: datetime, most: int, now: datetime
) -> list[dict[str, Any]]:
    """Audit the day from `since` to `until` of at most so many devices that nobody has audited.

    Returns device_id, stored (samples in batches) and counted (samples in minutes) of each.
    """
    values = {"day": day, "since": since, "until": until, "most": most, "now": now}
    return tx.all(SQL["audit"], values)


def forget(tx: Transaction, before: date, most: int) -> int:
    """Delete at most so many audits of days before; return how many."""
    return tx.run(SQL["forget"], {"before": before, "most": most})
