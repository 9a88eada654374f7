"""Partitions of readings: made ahead, dropped when their time is over."""

from datetime import UTC, datetime, time, timedelta

from services.device_telemetry.domain.readings import EARLIEST
from services.device_telemetry.store import batches, runs
from shared.db import Transaction

AHEAD = timedelta(days=14)
KEPT = timedelta(days=90)  # what a session delivered lives on in its summary


def make_ahead(tx: Transaction, now: datetime) -> None:
    """Make every day into which a reading may fall, and some more."""
    batches.make_days(tx, (now - EARLIEST).date() - timedelta(days=1), (now + AHEAD).date())


def drop_old(tx: Transaction, now: datetime) -> None:
    """Drop readings that are past their time, and what was noted of them."""
    before = (now - KEPT).date()
    if batches.drop_days(tx, before):
        runs.forget(tx, datetime.combine(before, time(), UTC))
