"""VTIMEZONE: a zone's clock changes, written out for programs that do not know the zone.

Not the icalendar library's own: it reads a wall time that a clock change skips with the offset
before, and so places spring's change as much too late as the clocks jump (RFC 5545, 3.6.5).
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_SEARCH = timedelta(days=7)  # no zone changes twice in a week
_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=1024)
def time_zone(name: str, first: date, last: date) -> Timezone:
    """Return the VTIMEZONE of a zone, right from the beginning of `first` to the end of `last`.

    Each change stands for itself: programs that know no RDATE understand it too.
    """
    zone = ZoneInfo(name)
    begins = datetime.combine(first - timedelta(days=1), time(), UTC)
    ends = datetime.combine(last + timedelta(days=2), time(), UTC)
    changes = list(_changes(zone, begins, ends))
    found = Timezone()
    found.add("tzid", name)
    # what holds before the first change is winter time if that change puts the clocks forward
    winter = not changes or _offset(changes[0], zone) > _offset(begins, zone)
    offset = _offset(begins, zone)
    found.add_component(_observance(begins, zone, offset, standard=winter))
    for at in changes:
        before = _offset(at - _SECOND, zone)
        found.add_component(_observance(at, zone, before, standard=_offset(at, zone) < before))
    return found


def _observance(
    at: datetime, zone: ZoneInfo, before: timedelta, *, standard: bool
) -> TimezoneStandard | TimezoneDaylight:
    """Return the offset that holds from `at` on; onsets are written by the clock before them."""
    found = TimezoneStandard() if standard else TimezoneDaylight()
    local = at.astimezone(zone)
    found.add("dtstart", (at + before).replace(tzinfo=None))
    found.add("tzoffsetfrom", before)
    found.add("tzoffsetto", local.utcoffset())
    found.add("tzname", local.tzname())
    return found


def _changes(zone: ZoneInfo, begins: datetime, ends: datetime) -> Iterator[datetime]:
    """Yield the moments, to the second, from which another offset holds."""
    at = begins
    while at < ends:
        later = at + _SEARCH
        if _offset(at, zone) != _offset(later, zone):
            yield _bisected(zone, at, later)
        at = later


def _bisected(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    old = _offset(before, zone)
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(datetime.fromtimestamp(middle, UTC), zone) == old:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
