"""Devices that send without end: noticed when their messages come, kept out for a while.

What was acknowledged is stored or counted all the same.  The count is this process's own.  What a
message holds counts when it is stored; again after a lost commit, which the allowances forgive.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from prometheus_client import Counter

from services.device_telemetry.domain import topics
from services.device_telemetry.domain.floods import USUAL, Buckets
from services.device_telemetry.usecases import suspensions
from shared import logging
from shared.db import Transaction

SAMPLES: Final = 40  # of a batch, on average
SUSPENDED_FOR: Final = timedelta(minutes=10)
SUSPENDED = Counter("needlepoint_devices_suspended_total", "Devices kept out", ["kind"])
for _kind in (*USUAL, "boots"):
    SUSPENDED.labels(_kind)  # at 0 from the beginning: else nobody sees the first one rise
log = logging.logger("needlepoint.floods")
_buckets = Buckets()
_over: dict[UUID, str] = {}


def allow(batches_per_s: float) -> None:
    """Let every device send so many batches a second for ever, of SAMPLES samples each."""
    for kind, per_s in (("readings", batches_per_s), ("samples", batches_per_s * SAMPLES)):
        _buckets.allowances[kind] = replace(_buckets.allowances[kind], per_s=per_s)


def heard(lane: str, routing_keys: Mapping[str, int]) -> None:
    """Count messages of a lane by their topic."""
    if lane not in _buckets.allowances:
        return
    now_s = time.monotonic()
    for key, many in routing_keys.items():
        if not _buckets.take(lane, key, many, now_s) and (source := topics.source(key)):
            _over[source.device_id] = lane


def stored(samples: Mapping[UUID, int]) -> None:
    """Count newly stored samples by their device."""
    for device_id, many in samples.items():
        _take("samples", device_id, many)


def repeated(batches: Mapping[UUID, int]) -> None:
    """Count batches that had arrived before by their device."""
    for device_id, many in batches.items():
        _take("repeats", device_id, many)


def refused(device_id: UUID, many: int) -> None:
    """Count what a device sent that was set aside."""
    _take("set_aside", device_id, many)


def _take(kind: str, device_id: UUID, many: int) -> None:
    if not _buckets.take(kind, device_id, many, time.monotonic()):
        _over[device_id] = kind


def invents(device_id: UUID) -> None:
    """Note that a device names more starts than there can have been."""
    _over[device_id] = "boots"


def found() -> bool:
    """Say whether a device was over its allowance since the last look."""
    return bool(_over)


def suspend(tx: Transaction, now: datetime) -> None:
    """Keep out whoever was over the allowance, and have its connection cut.

    What it had sent before arrives for a while yet: the time runs from the last of it.
    """
    for device_id, kind in list(_over.items()):
        if suspensions.suspend(tx, device_id, until=now + SUSPENDED_FOR, reason="flood", now=now):
            SUSPENDED.labels(kind).inc()
            log.warning("device is kept out: it sends without end", device_id=device_id, kind=kind)
        del _over[device_id]
