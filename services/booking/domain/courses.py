"""Courses: several sessions of one treatment, found a time one after the other.

The first session begins exactly when it was asked for.  Each next one takes the day nearest to the
wished interval, the later of two that are as near (skin has rested longer); on it the time nearest
to the wished one by the clinic's wall clock, again the later of two.  Only days and times as wished
count, and never a day on which the skin still recovers.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.booking.domain import local_time, refusals, treatments
from services.booking.domain.availability import Board, Place, minute
from services.booking.domain.hours import DAY
from services.booking.domain.situation import Recovery, Situation, Treatment
from services.booking.domain.treatments import INDICATIONS, IntervalTooShort
from shared.errors import Conflict, NotFound, Rejected

USUAL_DRIFT_DAYS = 14  # how much later than wished a session may be, unless it is said
MOST_DRIFT_DAYS = 92
NOT_AS_WISHED = "not_as_wished"


class CourseUnknown(NotFound):
    """There is no such course here."""

    type = "course-unknown"
    title = "There is no such course"


class CourseTooLong(Rejected):
    """More sessions than the indication is treated in.  Carries `most_sessions`."""

    type = "course-too-long"
    title = "The course has too many sessions"


class WishesContradict(Rejected):
    """No time can be as wished."""

    type = "wishes-contradict"
    title = "These wishes contradict each other"


class CourseNotPossible(Conflict):
    """A later session finds no time, so none is booked.  Carries `sessions`, one entry a date."""

    type = "course-not-possible"
    title = "Not every session finds a time"


class CoursePaused(Conflict):
    """The course was stopped; a practitioner must let it go on before the next session."""

    type = "course-paused"
    title = "The course is paused"


class CourseOver(Conflict):
    """Nothing of the course is still to come."""

    type = "course-over"
    title = "The course is over"


class NotInCourse(Rejected):
    """The appointment stands alone."""

    type = "not-in-course"
    title = "This appointment is not part of a course"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the sessions shall lie.  Minutes count from local midnight; no weekday: every one."""

    interval_days: int
    most_interval_days: int
    weekdays: frozenset[int] = frozenset()
    earliest: int = 0
    latest: int = DAY
    same_practitioner: bool = False

    def suited(self, local: datetime) -> bool:
        """Say whether a session may begin then, by the clinic's wall clock."""
        day_suits = not self.weekdays or local.isoweekday() in self.weekdays
        return day_suits and self.earliest <= wall_minute(local) <= self.latest

    def soonest_days(self, treatment: Treatment) -> int:
        """Return after how many days a session may be: as much too early as too late, once healed.

        Never fewer than the treatment's interval.
        """
        drift = self.most_interval_days - self.interval_days
        return max(treatment.interval_days, self.interval_days - drift)


@dataclass(frozen=True, slots=True)
class Aim:
    """What is wanted of one session.

    `exactly` is that moment or nothing.  Otherwise the session lies as near as can be to `day`
    (None: the wished interval after the one before) and to `minute` of the local day.
    """

    number: int
    exactly: datetime | None = None
    day: date | None = None
    minute: int = 0
    practitioner_id: UUID | None = None
    preferred: frozenset[UUID] = frozenset()


Look = Callable[[Aim, datetime, datetime], Situation]


@dataclass(frozen=True, slots=True)
class Session:
    """What became of an aim.  Without a place, `reasons` say why, and where it was tried first."""

    number: int
    starts_at: datetime
    situation: Situation
    place: Place | None = None
    reasons: tuple[str, ...] = field(default=())
    until: date | None = None  # up to this day was looked
    otherwise: datetime | None = None  # the nearest time that is not as wished

    @property
    def day(self) -> date:
        """Return the local day."""
        return self.starts_at.astimezone(self.situation.clinic.zone).date()

    @property
    def sentence(self) -> str | None:
        """Return why there is no place, for the receptionist; None when there is one."""
        if self.place is not None:
            return None
        if self.until is None:
            return str(refusals.error(self.situation, self.starts_at, list(self.reasons)))
        zone = self.situation.clinic.zone
        if self.otherwise is not None:
            other = local_time.sentence(self.otherwise, zone)
            return f"No time up to {_words(self.until)} is as wished; the nearest other is {other}."
        why = str(refusals.error(self.situation, self.starts_at, list(self.reasons)))
        return f"{why} No other time up to {_words(self.until)} is free either."


def check(wishes: Wishes, sessions: int, treatment: Treatment, indication: str) -> None:
    """Raise CourseTooLong, IntervalTooShort or WishesContradict."""
    most = INDICATIONS[indication].most_sessions
    if sessions > most:
        raise CourseTooLong(
            f"{treatment.name} is a course of at most {most} sessions.", most_sessions=most
        )
    least = treatment.interval_days
    if wishes.interval_days < least:
        raise IntervalTooShort(
            f"Sessions of {treatment.name} are at least {least} days apart.", least_days=least
        )
    if not 0 <= wishes.most_interval_days - wishes.interval_days <= MOST_DRIFT_DAYS:
        raise WishesContradict(
            f"The longest interval must be {wishes.interval_days} days, the wished one, "
            f"or up to {MOST_DRIFT_DAYS} days more."
        )
    if wishes.earliest > wishes.latest:
        raise WishesContradict("The earliest time of the day is later than the latest.")


def plan(aims: Iterable[Aim], wishes: Wishes, look: Look) -> list[Session]:
    """Return a session for each aim, in order; see the module for which time each takes.

    `look` returns the situation of the starts in a span, for an aim.  After a session without a
    place the next ones are planned as if it were where it was tried first: each date gets its
    answer.
    """
    found: list[Session] = []
    for aim in aims:
        if aim.exactly:
            found.append(_exactly(aim, aim.exactly, look, found))
        else:
            found.append(_near(aim, wishes, look, found))
    return found


def wall_minute(local: datetime) -> int:
    """Return the minute of the day that a wall clock shows."""
    return local.hour * 60 + local.minute


def _exactly(aim: Aim, starts_at: datetime, look: Look, before: Sequence[Session]) -> Session:
    situation = _with(look(aim, starts_at, starts_at + timedelta(minutes=1)), before)
    board = Board(situation)
    reasons = tuple(board.reasons(starts_at))
    place = None if reasons else board.place(starts_at, aim.preferred)
    return Session(aim.number, starts_at, situation, place, reasons)


def _near(aim: Aim, wishes: Wishes, look: Look, before: Sequence[Session]) -> Session:
    last = before[-1]
    zone = last.situation.clinic.zone
    soonest = last.day + timedelta(days=wishes.soonest_days(last.situation.treatment))
    day = max(soonest, aim.day or last.day + timedelta(days=wishes.interval_days))
    until = max(day, last.day + timedelta(days=wishes.most_interval_days))
    begins, ends = local_time.span(soonest, until, zone)
    situation = _with(look(aim, begins, ends), before)
    board = Board(situation)
    wished = min(max(aim.minute, wishes.earliest), wishes.latest, DAY - 1)
    free = [each["starts_at"] for each in board.times()]
    suited = [each for each in free if wishes.suited(each.astimezone(zone))]
    if suited:
        at = _nearest(suited, day, wished, zone)
        place = board.place(at, aim.preferred | _same(last.place))
        return Session(aim.number, at, situation, place)
    tried = local_time.moment(day, wished, zone)
    otherwise = _nearest(free, day, wished, zone) if free else None
    refused = board.reasons(tried)
    if free:
        refused = [NOT_AS_WISHED, *refused]
    elif not refused:
        refused = ["outside_hours"]  # a clock change took the time away
    reasons = tuple(refused)
    return Session(aim.number, tried, situation, None, reasons, until, otherwise)


def _nearest(free: Sequence[datetime], day: date, wished: int, zone: ZoneInfo) -> datetime:
    """Return the first in the module's order; of a doubled wall time the first moment."""

    def distance(at: datetime) -> tuple[int, bool, int, bool, datetime]:
        local = at.astimezone(zone)
        days, minutes = (local.date() - day).days, wall_minute(local) - wished
        return abs(days), days < 0, abs(minutes), minutes < 0, at

    return min(free, key=distance)


def _with(situation: Situation, planned: Sequence[Session]) -> Situation:
    """Return the situation in which the sessions planned so far are booked."""
    client = situation.client
    taken = [each for each in planned if each.place is not None]
    if client is None or not taken:
        return situation
    treatment, zone = situation.treatment, situation.clinic.zone
    busy = tuple(
        (minute(each.starts_at), minute(each.starts_at) + treatment.duration_minutes)
        for each in taken
    )
    recoveries = tuple(
        Recovery(
            each.starts_at,
            treatments.recovered_at(each.starts_at, treatment.interval_days, zone),
        )
        for each in taken
    )
    known = replace(client, busy=client.busy + busy, recoveries=client.recoveries + recoveries)
    return replace(situation, client=known)


def _same(place: Place | None) -> frozenset[UUID]:
    """Return who and what treated before: people like to stay with them."""
    if place is None:
        return frozenset()
    found = frozenset({place.practitioner.id, place.room.id})
    return found | {place.device.id} if place.device else found


def _words(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B} {day.year}"


@dataclass(frozen=True, slots=True)
class Gap:
    """Two sessions that follow each other, and what is not as wished about their distance."""

    sessions: tuple[int, int]
    days: int
    sentence: str


def gaps(days: Mapping[int, date], number: int, wishes: Wishes) -> list[Gap]:
    """Return what is not as wished before and after session `number`; `days` by its number."""
    order = sorted(days)
    at = order.index(number)
    pairs = itertools.pairwise(order[max(at - 1, 0) : at + 2])
    told = [
        (pair, apart, _gap(pair, apart, wishes))
        for pair in pairs
        for apart in ((days[pair[1]] - days[pair[0]]).days,)
    ]
    return [Gap(pair, apart, sentence) for pair, apart, sentence in told if sentence]


def _gap(pair: tuple[int, int], apart: int, wishes: Wishes) -> str | None:
    first, second = pair
    if apart < 0:
        return f"Session {second} is now before session {first}."
    if apart < wishes.interval_days:
        return (
            f"Sessions {first} and {second} are {apart} days apart; "
            f"{wishes.interval_days} are wished."
        )
    if apart > wishes.most_interval_days:
        return (
            f"Sessions {first} and {second} are {apart} days apart; "
            f"{wishes.most_interval_days} should be the most."
        )
    return None
