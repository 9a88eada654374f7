"""What a client may do alone, by a signed link, and until when."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.booking.domain import local_time, policies
from services.booking.domain.appointments import MOVABLE
from services.booking.domain.policies import Money, Policy
from services.booking.domain.waiting import EVERY_DAY
from shared.errors import Conflict, DomainError, Rejected

BY_LINK = "By the client's link."  # why, in the history; nobody signed in did it
ANY_EARLIER: dict[str, Any] = {  # what a client wishes who clicks: any time, told in time to come
    "weekdays": list(EVERY_DAY),
    "earliest_time": "00:00",
    "latest_time": "24:00",
    "notice_minutes": 120,
    "priority": 0,
    "priority_reason": None,
}
_STAYS = {"confirm": "confirmed", "cancel": "cancelled"}  # what a second click finds done


class LinkUsed(Conflict):
    """What the link was for is over: the appointment moved, is cancelled, or has begun."""

    type = "link-used"
    title = "This link has served its time"


class NoticePassed(Conflict):
    """It is too late to move the appointment without the clinic.  Carries `until`."""

    type = "notice-passed"
    title = "It is too late to do this by the link"


class MovedTooOften(Conflict):
    """The client moved the appointment as often as the clinic lets them."""

    type = "moved-too-often"
    title = "This appointment was moved too often"


class TimeGone(Conflict):
    """The time that the client chose cannot be had."""

    type = "time-gone"
    title = "This time cannot be had any more"


class CannotWait(Conflict):
    """The waiting list is not for this client and treatment, or not now."""

    type = "cannot-wait"
    title = "The waiting list cannot help here"


class FeeToAccept(Rejected):
    """Cancelling this late costs something.  Carries `late_fee`."""

    type = "fee-to-accept"
    title = "Cancelling now costs a fee"


class FeeDiffers(Conflict):
    """Another fee was accepted than the one that cancelling costs.  Carries `late_fee`."""

    type = "fee-differs"
    title = "Cancelling now costs another fee"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a client accepts to pay for cancelling: this amount, or whatever it costs."""

    anything: bool = False
    amount: Money | None = None

    def require(self, fee: Money) -> None:
        """Raise FeeToAccept or FeeDiffers unless the client accepts this fee."""
        costs = f"Cancelling now costs {fee.in_words}"
        if self.amount is not None and self.amount != fee:
            raise FeeDiffers(
                f"{costs}, not {self.amount.in_words}: accept that first.", late_fee=asdict(fee)
            )
        if self.amount is None and not self.anything:
            raise FeeToAccept(f"{costs}: accept the fee first.", late_fee=asdict(fee))


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment as its client's link finds it."""

    appointment: Mapping[str, Any]
    policy: Policy
    price: Money | None  # of the treatment
    moved: int  # how often the client moved it already
    waits: bool = False  # the client is on the waiting list for this treatment

    @property
    def starts_at(self) -> datetime:
        """Return when it begins."""
        found: datetime = self.appointment["starts_at"]
        return found

    @property
    def free_until(self) -> datetime:
        """Return until when cancelling costs nothing."""
        return self.starts_at - timedelta(minutes=self.policy.cancel_notice_minutes)

    def fee(self, now: datetime) -> Money | None:
        """Return what cancelling now costs, None for nothing."""
        who = policies.at_whose_wish(self.appointment["disrupted"], policies.CLIENT)
        return policies.late_fee(self.policy, self.price, self.starts_at, now, who)

    def until(self, purpose: str) -> datetime:
        """Return until when the client may do what the link is for."""
        notice = self.policy.own_move_minutes if purpose == "move" else 0
        return self.starts_at - timedelta(minutes=notice)

    def done(self, purpose: str) -> bool:
        """Say whether the step was taken already, so that taking it again changes nothing."""
        if purpose == "earlier":
            return self.waits and self.appointment["status"] in MOVABLE
        return bool(self.appointment["status"] == _STAYS.get(purpose))

    def refusal(self, purpose: str, now: datetime) -> DomainError | None:
        """Return why the client may not do it (any more), None when they may."""
        status = self.appointment["status"]
        if status not in MOVABLE:
            words = "has begun" if status in {"arrived", "in_treatment"} else f"is {status}"
            return LinkUsed(f"This appointment {words}. Please phone the clinic.")
        return self._too_late_to_move(now) if purpose == "move" else None

    def _too_late_to_move(self, now: datetime) -> DomainError | None:
        if self.policy.most_self_moves == 0:
            return MovedTooOften("To move this appointment, please phone the clinic.")
        if self.moved >= self.policy.most_self_moves:
            return MovedTooOften("You have moved this appointment before. Please phone the clinic.")
        if not policies.may_move(self.policy, self.starts_at, now):
            until = self.until("move")
            when = local_time.sentence(until, ZoneInfo(self.appointment["time_zone"]))
            return NoticePassed(
                f"It could be moved until {when}. Please phone the clinic.", until=until
            )
        return None


def another_time(appointment: Mapping[str, Any]) -> LinkUsed:
    """Return the refusal of a link from a mail that told another time."""
    when = local_time.sentence(appointment["starts_at"], ZoneInfo(appointment["time_zone"]))
    return LinkUsed(f"This appointment has moved: it begins at {when}. Use the newest mail's link.")
