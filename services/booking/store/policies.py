"""Clinics' policies in PostgreSQL."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.booking.domain.policies import Fee, Money, Policy, Terms
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
# A version that was kept before a column was added does not have it.
_UNSAID: Mapping[str, Any] = {name: getattr(Policy(), name) for name in _PLAIN} | {
    f"{column}_{part}": None for column in _FEES.values() for part in ("minor", "percent")
}


def find(tx: Transaction, clinic_id: UUID) -> Policy | None:
    """Return the clinic's policy; None when it never set one."""
    row = tx.one(SQL["find"], {"clinic_id": clinic_id})
    return None if row is None else policy_of(row)


def find_version(tx: Transaction, clinic_id: UUID, version: int) -> Policy | None:
    """Return the clinic's policy as it was; None for a version that nobody kept."""
    row = tx.one(SQL["find_version"], {"clinic_id": clinic_id, "version": version})
    return None if row is None else policy_of({**_UNSAID, **row["terms"]})


def terms(tx: Transaction, clinic_id: UUID, treatment_id: UUID) -> Terms:
    """Return the clinic's policy and the treatment's price of now."""
    row = tx.one(SQL["terms"], {"clinic_id": clinic_id, "treatment_id": treatment_id})
    if row is None:
        return Terms()
    policy = Policy() if row["version"] is None else policy_of(row)
    return Terms(policy, price_of(row["price_minor"], row["price_currency"]))


def keep(tx: Transaction, clinic_id: UUID, policy: Policy) -> None:
    """Store the policy of a clinic whose row is locked; its version stays known."""
    values: dict[str, Any] = {name: getattr(policy, name) for name in _PLAIN}
    for name, column in _FEES.items():
        fee = getattr(policy, name) or Fee()
        values[f"{column}_minor"], values[f"{column}_percent"] = fee.amount_minor, fee.percent
    tx.run(SQL["keep"], {**values, "clinic_id": clinic_id})
    tx.run(SQL["keep_version"], {"clinic_id": clinic_id})


def policy_of(row: Mapping[str, Any]) -> Policy:
    """Return the policy that a row of booking.policies holds."""
    values: dict[str, Any] = {name: row[name] for name in _PLAIN}
    return Policy(**values | {name: _fee(row, column) for name, column in _FEES.items()})


def price_of(amount_minor: int | None, currency: str | None) -> Money | None:
    """Return a treatment's price, None where it has none."""
    return None if amount_minor is None or currency is None else Money(amount_minor, currency)


def _fee(row: Mapping[str, Any], column: str) -> Fee | None:
    found = Fee(row[f"{column}_minor"], row[f"{column}_percent"])
    return None if found == Fee() else found
