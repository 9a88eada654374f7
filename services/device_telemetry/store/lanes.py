"""Until when each lane of devices' messages is in the database."""

from collections.abc import Mapping
from datetime import datetime

from shared.db import Transaction, queries

SQL = queries(__file__)


def note(tx: Transaction, drained: Mapping[str, datetime]) -> None:
    """Note that everything a lane held at these moments is stored."""
    tx.later(SQL["note"], {"lanes": list(drained), "drained": list(drained.values())})


def drained(tx: Transaction) -> dict[str, datetime]:
    """Return the moment up to which each lane is stored; a lane never looked at is missing."""
    return {row["lane"]: row["drained_at"] for row in tx.all(SQL["all"])}
