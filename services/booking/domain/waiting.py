"""Who waits for a place: what suits them, who is first, and until when a place is theirs.

The line: higher priority first, then who has waited longer; the id decides between equals.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from services.booking.domain import local_time
from services.booking.domain.hours import clock
from services.booking.domain.refusals import InThePast, TooFarAhead
from services.booking.domain.situation import Situation
from shared.errors import Conflict, NotFound, Rejected

LIVE = frozenset({"waiting", "offered"})  # the client still wants a place
# What the client would give up: by then it is too late for an earlier place.
BEGUN = frozenset({"arrived", "in_treatment", "completed", "missed"})
UNDONE_FOR = timedelta(days=1)  # what was missed can be undone that day
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
QUIET_FROM, QUIET_UNTIL = 21 * 60, 8 * 60  # clinic-local; nobody is offered a place at night
LEAST_TO_ANSWER = timedelta(minutes=5)  # less time than this to say yes is no offer
LOOK_EVERY = timedelta(minutes=10)  # how often a place is looked for that nobody said was freed
LOOK_AHEAD = timedelta(days=31)  # how much of the calendar one such look reads
_WEEK = 7
_MINUTE = timedelta(minutes=1)


class EntryUnknown(NotFound):
    """There is no such entry on the waiting list here."""

    type = "waiting-entry-unknown"
    title = "There is no such entry on the waiting list"


class OfferUnknown(NotFound):
    """There is no such offer here."""

    type = "offer-unknown"
    title = "There is no such offer"


class WaitsAlready(Conflict):
    """The client is on the list for this treatment."""

    type = "waits-already"
    title = "The client is on the waiting list already"


class WaitsNoLonger(Conflict):
    """The entry is closed.  Carries `state`."""

    type = "waits-no-longer"
    title = "The client waits no longer"


class OfferClosed(Conflict):
    """The offer was answered already, or is over.  Carries `state`."""

    type = "offer-closed"
    title = "The offer is closed"


class WishesWrong(Rejected):
    """No time at all could suit."""

    type = "wishes-wrong"
    title = "No time can meet these wishes"


class PriorityUnexplained(Rejected):
    """Somebody comes before others, and nobody said why."""

    type = "priority-unexplained"
    title = "Say why this client comes first"


class AppointmentDiffers(Rejected):
    """What would be given up is another client's, for another treatment, or cannot move."""

    type = "appointment-differs"
    title = "This appointment cannot be given up for a place"


@dataclass(frozen=True, slots=True)
class Wishes:
    """When a treatment may begin, by the clinic's clock; days and times are inclusive."""

    weekdays: frozenset[int]  # 1 is Monday
    earliest_minute: int  # after local midnight
    latest_minute: int
    from_day: date
    until_day: date
    notice_minutes: int  # so long before the start the client must know

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Self:
        """Return the wishes in an entry's fields."""
        return cls(
            frozenset(entry["weekdays"]),
            entry["earliest_minute"],
            entry["latest_minute"],
            entry["from_day"],
            entry["until_day"],
            entry["notice_minutes"],
        )

    def suit(self, starts_at: datetime, zone: ZoneInfo) -> bool:
        """Say whether a treatment that begins then is wished for, whoever gives it."""
        local = starts_at.astimezone(zone)
        return (
            self.from_day <= local.date() <= self.until_day
            and local.isoweekday() in self.weekdays
            and self.earliest_minute <= local.hour * 60 + local.minute <= self.latest_minute
        )

    def over_at(self, zone: ZoneInfo) -> datetime:
        """Return when the last day is over, in UTC."""
        return local_time.midnight(self.until_day + timedelta(days=1), zone)


def check(wishes: Wishes, now: datetime, zone: ZoneInfo, horizon_days: int) -> None:
    """Raise WishesWrong, InThePast or TooFarAhead for wishes that no time can meet."""
    if wishes.earliest_minute > wishes.latest_minute:
        raise WishesWrong(
            f"The latest time, {clock(wishes.latest_minute)}, "
            f"is before the earliest, {clock(wishes.earliest_minute)}."
        )
    if wishes.until_day < wishes.from_day:
        raise WishesWrong("The last day is before the first.")
    if wishes.over_at(zone) <= now:
        raise InThePast("The last day that would suit is over.")
    if local_time.midnight(wishes.from_day, zone) > now + timedelta(days=horizon_days):
        raise TooFarAhead(f"The clinic plans {horizon_days} days ahead, not further.")
    days = min((wishes.until_day - wishes.from_day).days + 1, _WEEK)
    if not any(
        (wishes.from_day + timedelta(days=n)).isoweekday() in wishes.weekdays for n in range(days)
    ):
        raise WishesWrong("None of the weekdays lies between the first day and the last.")


def rank(entry: Mapping[str, Any]) -> tuple[int, datetime, UUID]:
    """Return what the line is ordered by, the first in line lowest."""
    return (-entry["priority"], entry["created_at"], entry["id"])


def fitting(
    wishes: Wishes,
    situation: Situation,
    starts: Iterable[datetime],
    gives_up_at: datetime | None = None,
) -> list[datetime]:
    """Return those of some possible starts that suit, and leave time to answer.

    `gives_up_at` is when the appointment begins that the client would give up: only what is over
    before it, clean-down included, is better.
    """
    zone, first = situation.clinic.zone, situation.now + LEAST_TO_ANSWER
    lead = _lead(wishes, situation.clinic.lead_minutes)
    latest = None if gives_up_at is None else gives_up_at - _occupied(situation)
    return [
        at
        for at in starts
        if at - lead >= first and (latest is None or at <= latest) and wishes.suit(at, zone)
    ]


def fresh(
    starts: Iterable[datetime], offered: Iterable[datetime], situation: Situation
) -> list[datetime]:
    """Return the starts of treatments that overlap none that was offered before.

    Who did not want ten o'clock, or did not answer, is not asked for a quarter past before others.
    """
    length, known = situation.treatment.duration_minutes * _MINUTE, tuple(offered)
    return [at for at in starts if all(abs(at - before) >= length for before in known)]


def is_served(own_status: str, own_ends_at: datetime, now: datetime) -> bool:
    """Say whether the appointment that would be given up took place, or was missed for good."""
    if own_status == "missed":
        return own_ends_at + UNDONE_FOR <= now
    return own_status == "completed"


def answer_by(
    wishes: Wishes, lead_minutes: int, starts_at: datetime, now: datetime, minutes: int
) -> datetime:
    """Return when an offer of `minutes` ends: no later than the clinic and the client must know."""
    return min(now + minutes * _MINUTE, starts_at - _lead(wishes, lead_minutes))


def is_quiet(now: datetime, zone: ZoneInfo) -> bool:
    """Say whether it is night at the clinic."""
    local = now.astimezone(zone)
    return not QUIET_UNTIL <= local.hour * 60 + local.minute < QUIET_FROM


def quiet_ends(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the next 08:00 at the clinic, in UTC."""
    local = now.astimezone(zone)
    evening = local.hour * 60 + local.minute >= QUIET_UNTIL
    day = local.date() + timedelta(days=1 if evening else 0)
    return local_time.moment(day, QUIET_UNTIL, zone)


def _lead(wishes: Wishes, lead_minutes: int) -> timedelta:
    return max(wishes.notice_minutes, lead_minutes) * _MINUTE


def _occupied(situation: Situation) -> timedelta:
    treatment = situation.treatment
    turnover = max((room.turnover_minutes for room in situation.rooms), default=0)
    around = treatment.buffer_before_minutes + treatment.buffer_after_minutes
    return (treatment.duration_minutes + around + turnover) * _MINUTE
