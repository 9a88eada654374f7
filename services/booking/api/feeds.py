"""A diary as iCalendar (RFC 5545): when, where and with whom, never for which client or what."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from services.booking.domain.appointments import OCCUPYING
from services.booking.usecases.calendars import Diary
from shared import calendars

MEDIA_TYPE = "text/calendar; charset=utf-8"
REFRESH = timedelta(minutes=15)
_LAYOUT = b"1"  # rises when the same rows are written in another way


def tag(diary: Diary) -> str:
    """Return what changes when the text changes: cheap, so that a reader who has it is told."""
    found = hashlib.sha256(_LAYOUT)
    found.update(repr((diary.name, diary.time_zone, _years(diary))).encode())
    for each in diary.entries:
        names = (each["practitioner_name"], each["room_name"])
        found.update(repr((each["id"], each["version"], *names)).encode())
    return found.hexdigest()[:32]


def text(diary: Diary) -> bytes:
    """Return the calendar, with the clinic's clock changes written out."""
    calendar = Calendar()
    calendar.add("prodid", "-//Needlepoint//Diary//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", diary.name)
    calendar.add("x-wr-calname", diary.name)
    calendar.add("x-wr-timezone", diary.time_zone)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    first, last = _years(diary)
    calendar.add_component(calendars.time_zone(diary.time_zone, first, last))
    zone = ZoneInfo(diary.time_zone)
    for each in diary.entries:
        calendar.add_component(_event(each, diary.kind, zone))
    return bytes(calendar.to_ical())


def _event(entry: Mapping[str, Any], kind: str, zone: ZoneInfo) -> Event:
    """Return one entry; the same UID for the appointment's whole life, SEQUENCE its version."""
    event = Event()
    event.add("uid", f"{entry['id']}@needlepoint")
    event.add("sequence", entry["version"])
    event.add("dtstamp", entry["changed_at"])
    event.add("last-modified", entry["changed_at"])
    starts_at, ends_at = _written(zone, entry["starts_at"], entry["ends_at"])
    event.add("dtstart", starts_at)
    event.add("dtend", ends_at)
    who, where = entry["practitioner_name"], entry["room_name"]
    said = {"practitioner": (where,), "room": (who,), "clinic": (who, where)}[kind]
    event.add("summary", " · ".join(("Appointment", *said)))
    event.add("location", where)
    occupied = entry["status"] in OCCUPYING
    event.add("status", "CONFIRMED" if occupied else "CANCELLED")
    event.add("transp", "OPAQUE" if occupied else "TRANSPARENT")
    event.add("class", "PRIVATE")
    return event


def _written(zone: ZoneInfo, *moments: datetime) -> list[datetime]:
    """Return moments by the clinic's clock; in UTC if it shows one of them for the second time.

    A wall time that comes twice means the first (RFC 5545, 3.3.5).
    """
    local = [each.astimezone(zone) for each in moments]
    return [each.astimezone(UTC) for each in moments] if any(w.fold for w in local) else local


def _years(diary: Diary) -> tuple[date, date]:
    """Return the whole years around the entries, so that the zone is worked out once a year."""
    first, last = diary.starts_from.year, diary.starts_until.year
    return date(first - 1, 12, 1), date(last + 1, 1, 31)
