"""How long readings are kept: days made ahead, dropped later; minutes live longer."""

from datetime import UTC, datetime, time, timedelta

from prometheus_client import Gauge

from services.device_telemetry.domain.readings import EARLIEST
from services.device_telemetry.store import audits, batches, minutes, runs, streams
from shared.db import Transaction

AHEAD = timedelta(days=14)
KEPT = timedelta(days=90)  # what a session delivered lives on in its summary
MINUTES_KEPT = timedelta(days=2 * 366)
MINUTES_AT_ONCE = 10_000
NOTED_AT_ONCE = 2_000  # whose streams are held meanwhile: whoever sends again waits for it
NEEDLED_KEPT = timedelta(days=2)  # what is today in any clinic
DAYS_AHEAD = Gauge("needlepoint_device_days_ahead", "Days after today that readings may fall into")


def make_ahead(tx: Transaction, now: datetime) -> None:
    """Make every day into which a reading may fall, and some more."""
    batches.make_days(tx, (now - EARLIEST).date() - timedelta(days=1), (now + AHEAD).date())


def count_ahead(tx: Transaction, now: datetime) -> None:
    """Tell how many days lie ready: fewer each midnight when nobody can make more."""
    DAYS_AHEAD.set(batches.days_ahead(tx, now.date() + timedelta(days=1)))


def drop_old(tx: Transaction, now: datetime) -> None:
    """Drop readings that are past their time.

    Nothing else in this transaction: until it ends, readings can be neither stored nor read.
    """
    batches.drop_days(tx, (now - KEPT).date())


def forget_noted(tx: Transaction, now: datetime) -> bool:
    """Delete some of what was noted of readings past their time; return if there may be more."""
    before = (now - KEPT).date()
    midnight = datetime.combine(before, time(), UTC)
    forgotten = (
        runs.forget(tx, midnight, NOTED_AT_ONCE),
        streams.forget(tx, midnight, NOTED_AT_ONCE),
        audits.forget(tx, before, NOTED_AT_ONCE),
    )
    return max(forgotten) == NOTED_AT_ONCE


def forget_minutes(tx: Transaction, now: datetime) -> bool:
    """Delete some minutes that are past their time; return whether there may be more."""
    minutes.forget_needled(tx, now - NEEDLED_KEPT)
    return minutes.forget(tx, now - MINUTES_KEPT, MINUTES_AT_ONCE) == MINUTES_AT_ONCE
