"""Alarms that nobody has looked at: told once more, to headquarters."""

from datetime import datetime

from services.device_telemetry.domain.alarms import ESCALATED_AFTER
from services.device_telemetry.store import alarms as store
from services.device_telemetry.store import devices
from services.device_telemetry.usecases import alarms
from shared.db import Transaction


def escalate(tx: Transaction, now: datetime) -> None:
    """Announce each open alarm that waited too long for somebody, once."""
    before = {kind: now - wait for kind, wait in ESCALATED_AFTER.items()}
    found = store.unseen(tx, hard_before=before["hard"], soft_before=before["soft"])
    devices.hold(tx, {device_id for _, device_id in found})
    for alarm_id, _ in found:
        if store.escalate(tx, alarm_id, now):
            alarms.announce(tx, alarms.ESCALATED, alarm_id)
