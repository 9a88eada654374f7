"""Clinics' policies in PostgreSQL."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.booking.domain.policies import Fee, Policy
from shared.db import Transaction, queries

SQL = queries(__file__)
_FEES = {"late_cancel_fee": "late_cancel", "no_show_fee": "no_show", "deposit": "deposit"}
_PLAIN = (
    "move_notice_minutes",
    "cancel_notice_minutes",
    "miss_grace_minutes",
    "currency",
    "offer_minutes",
    "most_self_moves",
    "version",
)


def find(tx: Transaction, clinic_id: UUID) -> Policy | None:
    """Return the clinic's policy; None when it never set one."""
    row = tx.one(SQL["find"], {"clinic_id": clinic_id})
    if row is None:
        return None
    values: dict[str, Any] = {name: row[name] for name in _PLAIN}
    return Policy(**values | {name: _fee(row, column) for name, column in _FEES.items()})


def keep(tx: Transaction, clinic_id: UUID, policy: Policy) -> None:
    """Store the policy of a clinic whose row is locked."""
    values: dict[str, Any] = {name: getattr(policy, name) for name in _PLAIN}
    for name, column in _FEES.items():
        fee = getattr(policy, name) or Fee()
        values[f"{column}_minor"], values[f"{column}_percent"] = fee.amount_minor, fee.percent
    tx.run(SQL["keep"], {**values, "clinic_id": clinic_id})


def _fee(row: Mapping[str, Any], column: str) -> Fee | None:
    found = Fee(row[f"{column}_minor"], row[f"{column}_percent"])
    return None if found == Fee() else found
