"""What appointments cost beside the treatment's price, and what was paid of it.

Every entry is written in the transaction of what caused it, while the appointment's row is locked;
its cause is unique, so that no retry and no race charges twice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from services.booking.domain import appointments as states
from services.booking.domain import ledger as rules
from services.booking.domain import policies as prices
from services.booking.domain.appointments import ClientUnknown
from services.booking.domain.changes import Change
from services.booking.domain.ledger import Costs, Line
from services.booking.domain.policies import CLIENT, Money
from services.booking.store import clients
from services.booking.store import ledger as store
from services.booking.usecases import policies
from shared.db import Transaction

Row = dict[str, Any]


def booked(
    tx: Transaction, appointment: Mapping[str, Any], deposit: Money | None, change: Change
) -> None:
    """Ask for the deposit of the situation that was booked in, if the clinic's policy has one."""
    _enter(tx, appointment, rules.due(deposit), change)


def costs(
    tx: Transaction, step: str, current: Mapping[str, Any], now: datetime, wished_by: str = CLIENT
) -> Costs | None:
    """Return what `cancel` or `miss` would cost now; None for a step that ends nothing.

    What was agreed when the appointment was booked counts, not the policy of today.

    Raises NotYet for somebody who does not count as missing yet.
    """
    if step not in {"cancel", "miss"}:
        return None
    agreed = policies.agreed(tx, current)
    policy, price = agreed.policy, agreed.price
    starts_at = current["starts_at"]
    who = prices.at_whose_wish(current["disrupted"], wished_by)
    if step == "miss":
        zone = ZoneInfo(current["time_zone"])
        states.require_missing(prices.missing_from(policy, starts_at), now, zone)
        return Costs("no_show_fee", prices.no_show_fee(policy, price, who))
    return Costs("late_fee", prices.late_fee(policy, price, starts_at, now, who))


def ended(
    tx: Transaction, appointment: Mapping[str, Any], what: Costs | None, change: Change
) -> None:
    """Charge what the end of an appointment costs; a deposit goes towards it, or back."""
    if what is not None:
        lines = rules.settled(what, store.deposits(tx, appointment["id"]))
        _enter(tx, appointment, lines, change)


def undone(
    tx: Transaction, appointment: Mapping[str, Any], step: Mapping[str, Any], change: Change
) -> None:
    """Take back what a step entered; `step` is its `version` and `changed_at`."""
    entries = store.of_step(tx, appointment["id"], step["version"], step["changed_at"])
    _enter(tx, appointment, rules.taken_back(entries), change)


def record(
    tx: Transaction, current: Mapping[str, Any], asked: Mapping[str, Any], change: Change
) -> Row:
    """Enter a payment, refund or waiver with its `id`, for an appointment that `find` locked.

    Raises MoreThanOwed.
    """
    amount = Money(asked["amount_minor"], asked["currency"])
    balances = store.balance_of_appointment(tx, current["id"])
    still = next((b["amount_minor"] for b in balances if b["currency"] == amount.currency), 0)
    line = rules.by_hand(asked["kind"], amount, still)
    entry = {
        **_row(current, line, change),
        "id": asked["id"],
        "version": None,
        "reference": asked["reference"],
        "reason": change.reason,
        "cause": f"entry {asked['id']}",
    }
    store.enter(tx, entry)
    return entry


def paid(
    tx: Transaction, current: Mapping[str, Any], told: Mapping[str, Any], *, now: datetime
) -> Row:
    """Enter what the payment provider tells, once for its reference; the money moved already.

    Raises PaymentDiffers when the reference belongs to another payment.
    """
    line = rules.line(told["kind"], Money(told["amount_minor"], told["currency"]))
    cause = f"payment {told['reference']}"
    entry = {
        **_row(current, line, Change(None, now)),
        "id": uuid5(NAMESPACE_URL, cause),
        "version": None,
        "reference": told["reference"],
        "reason": None,
        "cause": cause,
    }
    if store.enter(tx, entry):
        return entry
    known = store.of_cause(tx, cause)
    same = ("appointment_id", "kind", "amount_minor", "currency")
    if known is None or any(known[name] != entry[name] for name in same):
        raise rules.PaymentDiffers("This reference was used for another payment.")
    return known


def forget_words(tx: Transaction, client_id: UUID) -> None:
    """Take away what people wrote beside a client's entries."""
    store.forget_words(tx, client_id)


def page_of_appointment(tx: Transaction, appointment_id: UUID, binds: Mapping[str, Any]) -> Row:
    """Return `rows` and `balances` of an appointment that exists; see the store."""
    return {
        "rows": store.page_of_appointment(tx, appointment_id, binds),
        "balances": store.balance_of_appointment(tx, appointment_id),
    }


def page_of_client(
    tx: Transaction, clinic_id: UUID, client_id: UUID, binds: Mapping[str, Any]
) -> Row:
    """Return `rows` and `balances` of a client at a clinic; see the store.

    Raises ClientUnknown.
    """
    if clients.find(tx, clinic_id, client_id) is None:
        raise ClientUnknown("This client is not known here.", retry_after_s=1)
    return {
        "rows": store.page_of_client(tx, clinic_id, client_id, binds),
        "balances": store.balance_of_client(tx, clinic_id, client_id),
    }


def _enter(
    tx: Transaction, appointment: Mapping[str, Any], lines: Sequence[Line], change: Change
) -> None:
    """Enter what a step caused: one line of a kind, or one for each entry that is taken back."""
    for line in lines:
        step = f"{appointment['id']} {appointment['version']}"
        cause = f"{line.kind} {line.reference or step} {line.currency}"
        entry = {"reference": line.reference, "reason": None, "version": appointment["version"]}
        row = _row(appointment, line, change) | entry
        store.enter_later(tx, {**row, "id": uuid5(NAMESPACE_URL, cause), "cause": cause})


def _row(appointment: Mapping[str, Any], line: Line, change: Change) -> dict[str, Any]:
    return {
        "clinic_id": appointment["clinic_id"],
        "appointment_id": appointment["id"],
        "client_id": appointment["client_id"],
        "kind": line.kind,
        "amount_minor": line.amount_minor,
        "currency": line.currency,
        "entered_at": change.now,
        "entered_by": change.by,
    }
