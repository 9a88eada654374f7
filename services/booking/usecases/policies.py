"""What a clinic asks of whoever moves, cancels or stays away."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.booking.domain import policies as rules
from services.booking.domain.policies import Fee, Money, Policy
from services.booking.store import policies as store
from services.booking.usecases import clinics
from shared.db import Transaction

_FEES = ("late_cancel_fee", "no_show_fee", "deposit")


def of(tx: Transaction, clinic_id: UUID) -> Policy:
    """Return the clinic's policy; the defaults, with version 0, when it never set one."""
    return store.find(tx, clinic_id) or Policy()


def terms(tx: Transaction, clinic_id: UUID, treatment_id: UUID) -> tuple[Policy, Money | None]:
    """Return the clinic's policy and the treatment's price, None where it has none."""
    policy, price = store.terms(tx, clinic_id, treatment_id)
    return policy or Policy(), price


def find(tx: Transaction, clinic_id: UUID, *, lock: bool = False) -> Policy:
    """Return the policy of a clinic that exists.  Raises ClinicUnknown."""
    clinics.find(tx, clinic_id, lock=lock)
    return of(tx, clinic_id)


def change(tx: Transaction, clinic_id: UUID, current: Policy, changes: Mapping[str, Any]) -> Policy:
    """Change what `changes` names of a policy that `find` locked.

    Fees are `{amount_minor}`, `{percent}` or None.  Raises CurrencyMissing.
    """
    fees = {name: _fee(changes[name]) for name in _FEES if name in changes}
    policy = replace(current, **{**changes, **fees, "version": current.version + 1})
    rules.check(policy)
    store.keep(tx, clinic_id, policy)
    return policy


def _fee(said: Mapping[str, Any] | None) -> Fee | None:
    return None if said is None else Fee(said.get("amount_minor"), said.get("percent"))
