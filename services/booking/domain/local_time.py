"""Between a clinic's wall clock and UTC.

A wall time that occurs twice means the first.  One that a clock change skips is read with the
offset before the gap in hours and rotas (RFC 5545), and refused where a person typed it.  Python's
fold=0 is exactly that reading.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.errors import Rejected


class TimeDoesNotExist(Rejected):
    """The clocks jump over this time."""

    type = "time-does-not-exist"
    title = "The clocks jump over this time"


@lru_cache(maxsize=20_000)
def moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, at which the wall clock shows `minute` after midnight of `day`."""
    wall = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute)
    return wall.replace(tzinfo=zone).astimezone(UTC)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when `day` begins, in UTC."""
    return moment(day, 0, zone)


def span(
    first: date | datetime, last: date | datetime, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    """Return from when until when, in UTC.

    A day is meant whole: as `first` from its beginning on, as `last` up to its end.
    """
    begins = first if isinstance(first, datetime) else midnight(first, zone)
    ends = last if isinstance(last, datetime) else midnight(last + timedelta(days=1), zone)
    return begins, ends


def typed(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, of a wall time without offset that a person typed.

    Raises TimeDoesNotExist when the clocks jump over it.
    """
    found = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) != wall.replace(fold=0):
        after = found.astimezone(zone)
        raise TimeDoesNotExist(
            f"The clocks jump over {wall:%H:%M} on {_day(wall)}; the next time is {after:%H:%M}."
        )
    return found


def sentence(when: datetime, zone: ZoneInfo) -> str:
    """Return `10:00 on Monday 7 January 2030`, as the clinic's wall shows it."""
    local = when.astimezone(zone)
    return f"{local:%H:%M} on {_day(local)}"


def day_sentence(when: datetime, zone: ZoneInfo) -> str:
    """Return `Monday 7 January 2030`."""
    return _day(when.astimezone(zone))


def date_sentence(day: date) -> str:
    """Return `Monday 7 January 2030`."""
    return _day(day)


def _day(local: date) -> str:
    return f"{local:%A} {local.day} {local:%B} {local.year}"
