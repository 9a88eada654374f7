"""Batches to send, and how they come in."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from deploy.devicekit import wire
from deploy.devicekit.wire import Batch
from services.device_telemetry.usecases.lanes import APPLY
from services.device_telemetry.usecases.set_aside import Message
from shared import clock, db

STEP_MS = 100


def a_batch(at: datetime, *, seq: int = 0, n: int = 10, **facts: Any) -> Batch:
    """A second of needling: 100 ms a sample, half a millimetre deep in the cheek."""
    columns = {
        "dt_ms": [STEP_MS * i for i in range(n)],
        "zone": [8] * n,
        "depth_um": [500 + i % 5 for i in range(n)],
        "speed_rpm": [6600] * n,
        "current_ma": [180] * n,
        "temperature_cc": [3120] * n,
        "battery_permille": [870] * n,
    }
    for name in wire.COLUMNS:
        if name in facts:
            given = facts.pop(name)
            columns[name] = [given] * n if isinstance(given, int) else given
    values = {
        "boot_id": 17,
        "t0": at + timedelta(milliseconds=STEP_MS * seq),
        "uptime_ms": 93_000 + STEP_MS * seq,
        **facts,
    }
    return Batch(seq=seq, columns=[columns[name] for name in wire.COLUMNS], **values)


def arrive(
    topic: str, bodies: Iterable[bytes], *, lane: str = "readings", now: datetime | None = None
) -> None:
    """Bring messages in as one transaction of the ingest process does."""
    with db.transaction(db.EVERY_CLINIC) as tx:
        APPLY[lane](tx, [Message(topic, body) for body in bodies], now or clock.now())
