"""Until when each lane of devices' messages is in the database."""

from collections.abc import Mapping
from datetime import datetime

from services.device_telemetry.domain.words import Heard
from shared.db import Transaction, queries

SQL = queries(__file__)


def note(tx: Transaction, drained: Mapping[str, datetime]) -> None:
    """Note that everything a lane held at these moments is stored."""
    tx.later(SQL["note"], {"lanes": list(drained), "drained": list(drained.values())})


def heard(tx: Transaction) -> dict[str, Heard]:
    """Return how far each lane is stored; a lane never looked at is missing."""
    rows = tx.all(SQL["all"])
    return {row["lane"]: Heard(row["drained_at"], row["unbroken_since"]) for row in rows}
