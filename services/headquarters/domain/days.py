"""What counts on which day of a clinic: a changed thing takes its old share back, adds its new."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

# The column in which an appointment of each state counts; a hold or a lapsed one counts nowhere.
COLUMNS = {
    "booked": "booked",
    "confirmed": "confirmed",
    "arrived": "arrived",
    "in_treatment": "arrived",
    "completed": "completed",
    "missed": "missed",
    "cancelled": "cancelled",
}
TAKES_TIME = frozenset({"booked", "confirmed", "arrived", "in_treatment", "completed", "missed"})
UNSAFE_DEPTH = "depth_over_limit"
NUMBERS = (
    "booked",
    "confirmed",
    "arrived",
    "completed",
    "missed",
    "cancelled",
    "booked_minutes",
    "unsafe_depths",
    "alarms",
    "adverse_events",
    "messages_sent",
    "messages_failed",
    "devices_seen",
)


@dataclass(frozen=True, slots=True)
class Share:
    """What one thing adds to a day.  A day of None: we do not know the clinic's calendar yet."""

    day: date | None
    counts: Mapping[str, int]


NOTHING = Share(None, {})


def local_day(moment: datetime, zone: str | None) -> date | None:
    """Return the calendar day at the clinic; None while its zone is unknown."""
    return None if zone is None else moment.astimezone(ZoneInfo(zone)).date()


def of_appointment(status: str, day: date, minutes: int) -> Share:
    """Count an appointment in the column of its state, and its minutes while it takes time."""
    counts = {COLUMNS[status]: 1} if status in COLUMNS else {}
    if status in TAKES_TIME:
        counts["booked_minutes"] = minutes
    return Share(day, counts)


def of_alarm(kind: str, day: date | None) -> Share:
    """Count an alarm on the day it was raised."""
    return Share(day, {"alarms": 1, "unsafe_depths": int(kind == UNSAFE_DEPTH)})


def of_adverse_event(day: date | None) -> Share:
    """Count an adverse event on the day it was reported."""
    return Share(day, {"adverse_events": 1})


def of_message(day: date | None, *, arrived: bool) -> Share:
    """Count a message as sent or failed."""
    return Share(day, {"messages_sent" if arrived else "messages_failed": 1})


def difference(before: Share, after: Share) -> dict[date, dict[str, int]]:
    """Return what to add to each day so that `after` counts and `before` does not any more."""
    found: dict[date, dict[str, int]] = {}
    for share, sign in ((before, -1), (after, 1)):
        if share.day is None:
            continue
        counts = found.setdefault(share.day, {})
        for name, count in share.counts.items():
            counts[name] = counts.get(name, 0) + sign * count
    changed = {day: {n: c for n, c in counts.items() if c} for day, counts in found.items()}
    return {day: counts for day, counts in sorted(changed.items()) if counts}
