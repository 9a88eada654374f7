"""Wall clocks: the day before at the same time, and the hours in which nobody is written to."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

QUIET_FROM = time(21)  # clinic-local
QUIET_UNTIL = time(8)
BEFORE_QUIET = timedelta(minutes=15)  # how long before 21:00 a message goes that cannot wait


def day_before(moment: datetime, zone: str) -> datetime:
    """Return the same local time a day earlier, in UTC: 24 hours by the clock on the wall.

    A local time that occurs twice means the first; one that a clock change skips is read with the
    offset before the gap (RFC 5545), so it is shown an hour later.
    """
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return _at(local - timedelta(days=1), zone)


def is_quiet(moment: datetime, zone: str) -> bool:
    """Say whether it is night at the clinic."""
    local = moment.astimezone(ZoneInfo(zone)).time()
    return local >= QUIET_FROM or local < QUIET_UNTIL


def outside_quiet(moment: datetime, zone: str, latest: datetime) -> datetime:
    """Return `moment`, or when it falls in the night, the morning after.

    When that morning is later than `latest`, the evening before instead.
    """
    if not is_quiet(moment, zone):
        return moment
    morning = quiet_ends(moment, zone)
    return morning if morning <= latest else _quiet_began(moment, zone) - BEFORE_QUIET


def quiet_ends(moment: datetime, zone: str) -> datetime:
    """Return the next 08:00 at the clinic, in UTC."""
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    day = local.date() if local.time() < QUIET_UNTIL else local.date() + timedelta(days=1)
    return _at(datetime.combine(day, QUIET_UNTIL), zone)


def _quiet_began(moment: datetime, zone: str) -> datetime:
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    day = local.date() if local.time() >= QUIET_FROM else local.date() - timedelta(days=1)
    return _at(datetime.combine(day, QUIET_FROM), zone)


def _at(local: datetime, zone: str) -> datetime:
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
