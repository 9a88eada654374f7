"""What a client owes: entries that are added and never changed.

A positive amount is owed by the client; a negative one was paid, waived, or is asked for no longer.
The price of a treatment is no entry: it is billed elsewhere, and a deposit that stands when the
visit is over counts towards it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.booking.domain.policies import Money
from shared.errors import Conflict


class MoreThanOwed(Conflict):
    """More is paid, waived or given back than is open.  Carries `open_minor` and `currency`."""

    type = "more-than-owed"
    title = "This is more than what is open"


class PaymentDiffers(Conflict):
    """The provider's reference was used for another payment."""

    type = "payment-differs"
    title = "This reference belongs to another payment"


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be entered: a kind and a signed amount in minor units."""

    kind: str
    amount_minor: int
    currency: str
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Costs:
    """What the end of an appointment costs: `kind` of the fee, None for nothing."""

    kind: str
    fee: Money | None


def due(deposit: Money | None) -> list[Line]:
    """Return what a booking asks for."""
    if deposit is None:
        return []
    return [Line("deposit_due", deposit.amount_minor, deposit.currency)]


def settled(costs: Costs, deposits: Sequence[Money]) -> list[Line]:
    """Return what ends an appointment that will not take place.

    `deposits` are those still asked for, paid or not.  They go towards the fee, and what is more
    than the fee is the client's again: in all, nobody owes more than the fee.
    """
    lines = [Line(costs.kind, costs.fee.amount_minor, costs.fee.currency)] if costs.fee else []
    for deposit in deposits:
        same = costs.fee is not None and costs.fee.currency == deposit.currency
        kept = min(deposit.amount_minor, costs.fee.amount_minor) if costs.fee and same else 0
        back = deposit.amount_minor - kept
        parts = (("deposit_forfeited", kept), ("deposit_returned", back))
        lines += [Line(kind, -amount, deposit.currency) for kind, amount in parts if amount]
    return lines


def taken_back(entries: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Return what takes entries back; each names its own as `reference`."""
    return [
        Line("reversed", -each["amount_minor"], each["currency"], str(each["id"]))
        for each in entries
    ]


def by_hand(kind: str, amount: Money, open_minor: int) -> Line:
    """Return what a person enters.  `open_minor` is the balance in that currency.

    Raises MoreThanOwed: what is owed can be paid or waived, what was paid too much given back.
    """
    back = kind == "refunded"
    most = max(0, -open_minor if back else open_minor)
    if amount.amount_minor > most:
        what = "to give back" if back else "open"
        raise MoreThanOwed(
            f"Only {most} (in minor units of {amount.currency}) is {what}.",
            open_minor=most,
            currency=amount.currency,
        )
    return line(kind, amount)


def line(kind: str, amount: Money) -> Line:
    """Return a payment, a refund or a waiver with its sign."""
    sign = 1 if kind == "refunded" else -1
    return Line(kind, sign * amount.amount_minor, amount.currency)
