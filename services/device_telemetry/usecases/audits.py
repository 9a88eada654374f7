"""Every night it is looked whether the minutes hold what the batches hold."""

from datetime import UTC, datetime, time, timedelta

from prometheus_client import Counter

from services.device_telemetry.store import audits
from shared import logging
from shared.db import Transaction

BEGINS = timedelta(hours=3)  # after midnight UTC, when few needle
DEVICES_AT_ONCE = 5  # so that no other job of the timer waits
UNEQUAL = Counter(
    "needlepoint_audit_unequal_days_total",
    "Days of a device whose minutes do not hold what its batches hold",
)
log = logging.logger("needlepoint.audit")


def audit(tx: Transaction, now: datetime) -> bool:
    """Audit yesterday for some devices; return whether there may be more."""
    day = (now - BEGINS).date() - timedelta(days=1)
    since = datetime.combine(day, time(), UTC)
    until = since + timedelta(days=1)
    found = audits.audit(tx, day, since=since, until=until, most=DEVICES_AT_ONCE, now=now)
    for row in found:
        if row["stored"] != row["counted"]:
            UNEQUAL.inc()
            missing = row["stored"] - row["counted"]
            log.error("minutes miss samples", device_id=row["device_id"], count=missing)
    return len(found) == DEVICES_AT_ONCE
