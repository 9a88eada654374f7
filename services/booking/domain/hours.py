"""Weekly hours, in a clinic's local time."""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from shared.errors import Rejected

DAY = 1440  # minutes of an ordinary day
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class HoursWrong(Rejected):
    """Hours that end before they begin, or overlap."""

    type = "hours-wrong"
    title = "These hours cannot be right"


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """A stretch of one weekday (1 is Monday), in minutes after local midnight."""

    weekday: int
    opens: int
    closes: int


def minute(clock: str) -> int:
    """Return the minute of the day that `09:30` says.  `24:00` ends a day.  Raises HoursWrong."""
    parts = _CLOCK.fullmatch(clock)
    found = int(parts[1]) * 60 + int(parts[2]) if parts else DAY + 1
    if found > DAY:
        raise HoursWrong(f"{clock} is not a time of the day such as 09:30.")
    return found


def clock(minute_of_day: int) -> str:
    """Return `09:30` for 570."""
    return f"{minute_of_day // 60:02}:{minute_of_day % 60:02}"


def week(stretches: Iterable[Hours]) -> tuple[Hours, ...]:
    """Return the stretches in order.  Raises HoursWrong when one is empty or two overlap."""
    ordered = tuple(sorted(stretches))
    for each in ordered:
        if each.opens >= each.closes:
            raise HoursWrong(
                f"On {_DAYS[each.weekday - 1]} the hours end at {clock(each.closes)}, "
                f"not after they begin at {clock(each.opens)}."
            )
    for first, second in itertools.pairwise(ordered):
        if first.weekday == second.weekday and second.opens < first.closes:
            raise HoursWrong(f"On {_DAYS[first.weekday - 1]} two stretches of hours overlap.")
    return ordered


def daily_capacity(opening: Iterable[Hours], working: Iterable[tuple[int, Iterable[Hours]]]) -> int:
    """Return the practitioner minutes of an ordinary open day: the mean over the weekdays it opens.

    `working` holds, of each practitioner, after how many weeks the rota repeats and its hours; only
    what lies inside `opening` counts.
    """
    opening = tuple(opening)
    days = {each.weekday for each in opening}
    worked = sum(
        sum(_shared(a, b) for a in hours for b in opening) // weeks for weeks, hours in working
    )
    return worked // len(days) if days else 0


def _shared(one: Hours, other: Hours) -> int:
    if one.weekday != other.weekday:
        return 0
    return max(0, min(one.closes, other.closes) - max(one.opens, other.opens))
