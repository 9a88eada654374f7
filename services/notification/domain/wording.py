"""The words of a locale that are no template: days, months, subjects."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from services.notification.domain.messages import Kind

FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Wording:
    """How one locale says dates, times and subjects."""

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    date: str  # of weekday, day, month, year
    time: str  # of hour, minute, place, offset
    subjects: Mapping[Kind, str]  # of clinic
    course: str  # the subject of a course's confirmation; of count, clinic


LOCALES: Mapping[str, Wording] = {
    "en": Wording(
        weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        months=(
            *("January", "February", "March", "April", "May", "June", "July", "August"),
            *("September", "October", "November", "December"),
        ),
        date="{weekday} {day} {month} {year}",
        time="{hour:02}:{minute:02} ({place} time, UTC{offset})",
        subjects={
            Kind.CONFIRMATION: "Your appointment at {clinic}",
            Kind.MOVED: "Your appointment at {clinic} has moved",
            Kind.CANCELLED: "Your appointment at {clinic} is cancelled",
            Kind.REMINDER: "Reminder: your appointment at {clinic}",
            Kind.PLACE_OFFERED: "A place for you at {clinic}",
            Kind.AFTERCARE: "After your appointment at {clinic}",
        },
        course="Your {count} appointments at {clinic}",
    ),
}


def locale_of(wanted: str) -> str:
    """Return the locale that we have words for: `en-GB` reads `en`, an unknown one the fallback."""
    for name in (wanted, wanted.replace("_", "-").partition("-")[0]):
        if name.lower() in LOCALES:
            return name.lower()
    return FALLBACK


def day(moment: datetime, zone: str, locale: str) -> str:
    """Return the clinic's calendar day: Monday 7 January 2030."""
    words, local = LOCALES[locale], moment.astimezone(ZoneInfo(zone))
    return words.date.format(
        weekday=words.weekdays[local.weekday()],
        day=local.day,
        month=words.months[local.month - 1],
        year=local.year,
    )


def clock(moment: datetime, zone: str, locale: str) -> str:
    """Return the clinic's time, its place and offset named: 10:00 (Lisbon time, UTC+01:00)."""
    local = moment.astimezone(ZoneInfo(zone))
    offset = local.strftime("%z")
    return LOCALES[locale].time.format(
        hour=local.hour,
        minute=local.minute,
        place=zone.rpartition("/")[2].replace("_", " "),
        offset=f"{offset[:3]}:{offset[3:5]}",
    )


def one_line(text: str) -> str:
    """Return text without line breaks or other control characters: what a header may hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
