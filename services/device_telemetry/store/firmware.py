"""Firmware that devices run, and versions that were withdrawn."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.errors import UniqueViolation

from shared.db import Transaction, queries
from shared.errors import Conflict, NotFound

SQL = queries(__file__)
MOST_VERSIONS = 100  # a device that invents one at each status fills nothing


class WithdrawnAlready(Conflict):
    """Somebody has withdrawn this version of this model."""

    type = "firmware-withdrawn"
    title = "This firmware is withdrawn already"


class WithdrawalUnknown(NotFound):
    """No such withdrawal, or it was lifted."""

    type = "firmware-withdrawal-unknown"
    title = "No such withdrawal"


def saw(tx: Transaction, device_id: UUID, clinic_id: UUID, *, version: str, now: datetime) -> None:
    """Note that a device runs a version; the first time counts."""
    values = {"device_id": device_id, "clinic_id": clinic_id, "version": version, "now": now}
    tx.run(SQL["saw"], values | {"most": MOST_VERSIONS})


def of_device(tx: Transaction, device_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return version, first_seen_at and withdrawn of what a device has run, the latest first."""
    return tx.all(SQL["of_device"], {"device_id": device_id, **binds})


def withdraw(tx: Transaction, row: Mapping[str, Any]) -> None:
    """Withdraw a version of a model.  Raises WithdrawnAlready."""
    try:
        tx.run(SQL["withdraw"], row)
    except UniqueViolation as known:
        raise WithdrawnAlready("This firmware is withdrawn already.") from known


def withdrawals(tx: Transaction, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the withdrawn versions, newest first."""
    return tx.all(SQL["withdrawals"], {"id": None, **binds})


def find(tx: Transaction, withdrawal_id: UUID) -> dict[str, Any]:
    """Return one withdrawal.  Raises WithdrawalUnknown."""
    row = tx.one(SQL["withdrawals"], {"id": withdrawal_id, "after": None, "limit": 1})
    if row is None:
        raise WithdrawalUnknown("There is no such withdrawal. Perhaps it was lifted.")
    return row


def lift(tx: Transaction, withdrawal_id: UUID) -> None:
    """Let a version be used again.  Raises WithdrawalUnknown."""
    if not tx.run(SQL["lift"], {"id": withdrawal_id}):
        raise WithdrawalUnknown("There is no such withdrawal. Perhaps it was lifted.")


def to_judge(tx: Transaction) -> list[UUID]:
    """Return devices whose fitness does not say what is true of their firmware."""
    return [row["id"] for row in tx.all(SQL["to_judge"])]
