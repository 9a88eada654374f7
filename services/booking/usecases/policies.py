"""What a clinic asks of whoever moves, cancels or stays away."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.booking.domain import policies as rules
from services.booking.domain.policies import Fee, Policy, Terms
from services.booking.store import policies as store
from services.booking.usecases import clinics
from shared.db import Transaction

_FEES = ("late_cancel_fee", "no_show_fee", "deposit")


def of(tx: Transaction, clinic_id: UUID) -> Policy:
    """Return the clinic's policy; the defaults, with version 0, when it never set one."""
    return store.find(tx, clinic_id) or Policy()


def agreed(tx: Transaction, appointment: Mapping[str, Any]) -> Terms:
    """Return the terms under which an appointment was booked; those of now if nobody kept any."""
    clinic_id, version = appointment["clinic_id"], appointment["policy_version"]
    policy = Policy()
    if version != 0:
        kept = None if version is None else store.find_version(tx, clinic_id, version)
        if kept is None:
            return store.terms(tx, clinic_id, appointment["treatment_id"])
        policy = kept
    price = store.price_of(appointment["agreed_price_minor"], appointment["agreed_currency"])
    return Terms(policy, price)


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
