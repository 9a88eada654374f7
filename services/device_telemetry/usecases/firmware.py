"""Firmware that may not be used any more: devices that run it are unfit until they run another."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.device_telemetry.domain import devices as rules
from services.device_telemetry.store import firmware as store
from services.device_telemetry.usecases import devices
from shared.db import Transaction


def withdraw(
    tx: Transaction, wanted: Mapping[str, Any], withdrawal_id: UUID, by: UUID, now: datetime
) -> dict[str, Any]:
    """Withdraw a version of a model; `wanted` holds the fields of NewWithdrawal.

    Raises ModelUnknown or WithdrawnAlready.
    """
    rules.model(wanted["model"])
    store.withdraw(tx, {**wanted, "id": withdrawal_id, "by": by, "now": now})
    judge(tx, now)
    return store.find(tx, withdrawal_id)


def lift(tx: Transaction, withdrawal_id: UUID, now: datetime) -> None:
    """Let a version be used again.  Raises WithdrawalUnknown."""
    store.lift(tx, withdrawal_id)
    judge(tx, now)


def judge(tx: Transaction, now: datetime) -> None:
    """Judge the next devices whose fitness does not say what is true of their firmware.

    Some hundred at once; the timer goes on with the others.
    """
    for device_id in store.to_judge(tx):
        devices.look_again(tx, device_id, now)
