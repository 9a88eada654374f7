"""What a date is at a clinic: an exception, else a public holiday, else its weekday's hours."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.booking.domain import hours as clock
from services.booking.domain import local_time, public_holidays
from services.booking.domain.hours import Hours, HoursWrong
from shared.errors import Conflict, NotFound, Rejected

Stretch = tuple[int, int]  # from, until: minutes after local midnight
FURTHEST_DAYS = 5 * 366  # nobody knows the hours of a date in ten years


class DayUnknown(NotFound):
    """There is no such exception here."""

    type = "exception-unknown"
    title = "There is no such exception"


class DayTaken(Conflict):
    """The date has an exception already."""

    type = "exception-exists"
    title = "This date has an exception already"


class DayOutOfReach(Rejected):
    """A date that is over, or years ahead."""

    type = "day-out-of-reach"
    title = "This date cannot be planned"


@dataclass(frozen=True, slots=True)
class Exceptional:
    """The hours of one date in place of the usual ones; none: closed."""

    day: date
    hours: tuple[Stretch, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """What a date is.  `changed_by` says what stands in place of the weekday's hours, if anything.

    It is "exception", "holiday" or None; `holiday` names one also where the clinic opens.
    """

    day: date
    hours: tuple[Stretch, ...]
    usual: tuple[Stretch, ...]
    holiday: str | None = None
    changed_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a clinic is open.  `jurisdiction` is an ISO 3166 code."""

    week: tuple[Hours, ...]
    exceptions: tuple[Exceptional, ...] = ()
    jurisdiction: str = ""
    closed_on_holidays: bool = False

    def days(self, dates: Iterable[date]) -> list[Day]:
        """Return what each date is."""
        usual = weekdays(self.week)
        exceptions = {each.day: each for each in self.exceptions}
        return [self._day(day, usual[day.isoweekday()], exceptions.get(day)) for day in dates]

    def on(self, day: date) -> Day:
        """Return what a date is."""
        return self.days([day])[0]

    def _day(self, day: date, usual: tuple[Stretch, ...], exception: Exceptional | None) -> Day:
        holiday = public_holidays.on(self.jurisdiction, day)
        if exception:
            return Day(day, exception.hours, usual, holiday, "exception", exception.reason)
        if holiday and self.closed_on_holidays:
            return Day(day, (), usual, holiday, "holiday")
        return Day(day, usual, usual, holiday)


def weekdays(week: Iterable[Hours]) -> dict[int, tuple[Stretch, ...]]:
    """Return the stretches of each weekday, 1 to 7."""
    found: dict[int, tuple[Stretch, ...]] = dict.fromkeys(range(1, 8), ())
    for each in week:
        found[each.weekday] = (*found[each.weekday], (each.opens, each.closes))
    return found


def stretches(typed: Iterable[tuple[str, str]]) -> tuple[Stretch, ...]:
    """Return the hours of one date as typed, `("09:00", "13:00")`, in order.  Raises HoursWrong."""
    ordered = sorted((clock.minute(opens), clock.minute(closes)) for opens, closes in typed)
    for opens, closes in ordered:
        if opens >= closes:
            raise HoursWrong(
                f"The hours end at {clock.clock(closes)}, "
                f"not after they begin at {clock.clock(opens)}."
            )
    for (_, closes), (opens, _) in itertools.pairwise(ordered):
        if opens < closes:
            raise HoursWrong("Two stretches of hours overlap.")
    return tuple(ordered)


def require_plannable(day: date, today: date) -> None:
    """Raise DayOutOfReach for a date that is over, or more than five years ahead."""
    if day < today:
        raise DayOutOfReach(f"{local_time.date_sentence(day)} is over.")
    require_near(day, today)


def require_near(day: date, today: date) -> None:
    """Raise DayOutOfReach for a date that is more than five years ahead."""
    if (day - today).days > FURTHEST_DAYS:
        raise DayOutOfReach(f"{local_time.date_sentence(day)} is more than five years ahead.")


def sentence(hours: Iterable[Stretch]) -> str:
    """Return `09:00 to 12:00 and 14:00 to 17:00`."""
    return " and ".join(f"{clock.clock(a)} to {clock.clock(b)}" for a, b in hours)
