"""What a clinic asks of whoever moves, cancels or stays away.

Notice is elapsed time: twenty-four hours before ten o'clock on the morning after a clock change is
not ten o'clock of the day before.  What the clinic itself cancels costs the client nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.errors import Rejected

# Currencies whose minor unit is not a hundredth (ISO 4217).
_NO_MINOR = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
CLIENT, CLINIC = "client", "clinic"  # at whose wish something is cancelled


class CurrencyMissing(Rejected):
    """An amount without its currency."""

    type = "currency-missing"
    title = "An amount needs its currency"


@dataclass(frozen=True, slots=True)
class Fee:
    """An amount in minor units, or a share of the price in percent; one of the two."""

    amount_minor: int | None = None
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of a currency (ISO 4217)."""

    amount_minor: int
    currency: str

    @property
    def in_words(self) -> str:
        """Return `GBP 90.00`, with the digits of the currency."""
        digits = 0 if self.currency in _NO_MINOR else 3 if self.currency in _THOUSANDTHS else 2
        return f"{self.currency} {self.amount_minor / 10**digits:.{digits}f}"


@dataclass(frozen=True, slots=True)
class Policy:
    """One clinic's policy; the defaults are those of a clinic that never said anything.

    A fee of None is not charged.  `currency` is that of the amounts; a share is in the price's.
    """

    move_notice_minutes: int = 1440  # until then a client may move by themselves
    cancel_notice_minutes: int = 1440  # until then a client may cancel free of charge
    miss_grace_minutes: int = 10  # so long after the start nobody is counted as missing
    late_cancel_fee: Fee | None = None
    no_show_fee: Fee | None = None
    deposit: Fee | None = None
    currency: str | None = None
    offer_minutes: int = 30  # how long a place is kept for whom the waiting list offers it to
    most_self_moves: int = 2  # how often a client may move one appointment by themselves
    version: int = 0  # nobody has set a policy yet

    @property
    def own_move_minutes(self) -> int:
        """Return until how long before the start clients move by themselves.

        Not where cancelling costs something by then: who moved far ahead first, and cancelled
        afterwards, would pay nothing.
        """
        costly = self.cancel_notice_minutes if self.late_cancel_fee else 0
        return max(self.move_notice_minutes, costly)

    @property
    def in_words(self) -> list[str]:
        """Return the policy as sentences for a client; what costs nothing is said as well."""
        deposit = "No deposit is asked for."
        if self.deposit:
            deposit = f"The deposit is {_price(self.deposit, self.currency)}."
        return [
            self._moves_in_words(),
            f"You can cancel free of charge until {_span(self.cancel_notice_minutes)} before.",
            f"Cancelling later costs {_price(self.late_cancel_fee, self.currency)}.",
            f"Not coming costs {_price(self.no_show_fee, self.currency)}.",
            deposit,
        ]

    def _moves_in_words(self) -> str:
        if self.most_self_moves == 0:
            return "Ask the clinic to move the appointment."
        times = {1: "once", 2: "twice"}.get(self.most_self_moves, f"{self.most_self_moves} times")
        until = _span(self.own_move_minutes)
        return f"You can move the appointment yourself until {until} before, at most {times}."


@dataclass(frozen=True, slots=True)
class Terms:
    """What clinic and client agreed when an appointment was booked.

    `price` is the treatment's of that day, None where it has none.
    """

    policy: Policy = field(default_factory=Policy)
    price: Money | None = None

    @property
    def deposit(self) -> Money | None:
        """Return what is to be paid before the visit; None: nothing."""
        return _charged(self.policy, self.policy.deposit, self.price)

    @property
    def facts(self) -> dict[str, Any]:
        """Return the fields of an appointment that is booked on these terms."""
        price = self.price
        return {
            "policy_version": self.policy.version,
            "agreed_price_minor": price.amount_minor if price else None,
            "agreed_currency": price.currency if price else None,
        }


def check(policy: Policy) -> None:
    """Raise CurrencyMissing for an amount without a currency."""
    fees = (policy.late_cancel_fee, policy.no_show_fee, policy.deposit)
    if policy.currency is None and any(fee and fee.amount_minor for fee in fees):
        raise CurrencyMissing("Say the currency of the amounts, such as EUR.")


def may_move(policy: Policy, starts_at: datetime, now: datetime) -> bool:
    """Say whether a client may still move an appointment without asking the clinic."""
    return now <= starts_at - timedelta(minutes=policy.own_move_minutes)


def missing_from(policy: Policy, starts_at: datetime) -> datetime:
    """Return from when on somebody who is not here counts as missing."""
    return starts_at + timedelta(minutes=policy.miss_grace_minutes)


def is_late(policy: Policy, starts_at: datetime, now: datetime) -> bool:
    """Say whether a cancellation now gives less notice than the clinic asks for."""
    return now > starts_at - timedelta(minutes=policy.cancel_notice_minutes)


def at_whose_wish(disrupted: Sequence[str], who: str) -> str:
    """Return who gives a visit up: the clinic, where it cannot take place as it stands."""
    return CLINIC if disrupted else who


def late_fee(
    policy: Policy, price: Money | None, starts_at: datetime, now: datetime, who: str
) -> Money | None:
    """Return what cancelling now costs the client; None: nothing.  `who`: CLIENT or CLINIC."""
    if who != CLIENT or not is_late(policy, starts_at, now):
        return None
    return _charged(policy, policy.late_cancel_fee, price)


def no_show_fee(policy: Policy, price: Money | None, who: str = CLIENT) -> Money | None:
    """Return what not coming costs; None: nothing.  `who` could not keep it: CLIENT or CLINIC."""
    if who != CLIENT:
        return None
    return _charged(policy, policy.no_show_fee, price)


def _charged(policy: Policy, fee: Fee | None, price: Money | None) -> Money | None:
    """Return the fee in money, never more than the price.

    A share of an unknown price is nothing, and so is an amount whose currency is not the price's:
    it could not be said to be at most the price.
    """
    if fee is None:
        return None
    if fee.percent is not None:
        found = Money(price.amount_minor * fee.percent // 100, price.currency) if price else None
    else:
        found = _amount(fee.amount_minor, policy.currency, price)
    return found if found and found.amount_minor > 0 else None


def _amount(amount_minor: int | None, currency: str | None, price: Money | None) -> Money | None:
    if amount_minor is None or currency is None:
        return None
    if price is None:
        return Money(amount_minor, currency)
    if price.currency != currency:
        return None
    return Money(min(amount_minor, price.amount_minor), currency)


def _price(fee: Fee | None, currency: str | None) -> str:
    if fee is None:
        return "nothing"
    if fee.percent is not None:
        return f"{fee.percent} % of the price"
    return f"{Money(fee.amount_minor or 0, str(currency)).in_words}, or the price if less"


def _span(minutes: int) -> str:
    """Return `24 hours`, `1 hour` or `90 minutes`."""
    count, unit = (minutes // 60, "hour") if minutes % 60 == 0 and minutes else (minutes, "minute")
    return f"{count} {unit}{'' if count == 1 else 's'}"
