"""iCalendar: the entry in the client's own calendar, moved and cancelled with the appointment."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from services.notification.domain.appointments import Appointment
from services.notification.domain.messages import Kind
from shared import calendars

METHODS = {Kind.CONFIRMATION: "REQUEST", Kind.MOVED: "REQUEST", Kind.CANCELLED: "CANCEL"}


def invitation(
    kind: Kind,
    appointment: Appointment,
    *,
    subject: str,
    place: str,
    parties: tuple[str, str],
    now: datetime,
) -> bytes | None:
    """Return the calendar part of a message; None for kinds that change no calendar.

    The same UID for the appointment's whole life, SEQUENCE its version.  `parties` are the
    organizer's and the attendee's addresses; the organizer must be who sends the mail.
    """
    if kind not in METHODS:
        return None
    calendar = Calendar()
    calendar.add("prodid", "-//Needlepoint//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", METHODS[kind])
    year = appointment.starts_at.year
    first, last = date(year - 1, 1, 1), date(year + 1, 12, 31)
    calendar.add_component(calendars.time_zone(appointment.time_zone, first, last))
    calendar.add_component(_event(kind, appointment, subject, place, parties, now))
    return bytes(calendar.to_ical())


def _event(
    kind: Kind, of: Appointment, subject: str, place: str, parties: tuple[str, str], now: datetime
) -> Event:
    zone = ZoneInfo(of.time_zone)
    event = Event()
    event.add("uid", f"{of.id}@needlepoint")
    event.add("sequence", of.version)
    event.add("dtstamp", now)
    event.add("dtstart", of.starts_at.astimezone(zone))
    event.add("dtend", of.ends_at.astimezone(zone))
    event.add("summary", subject)
    event.add("location", vText(place))
    event.add("status", "CANCELLED" if METHODS[kind] == "CANCEL" else "CONFIRMED")
    event.add("class", "PRIVATE")
    organizer, attendee = (vCalAddress(f"mailto:{address}") for address in parties)
    organizer.params["cn"] = vText(place)
    attendee.params["rsvp"] = vText("FALSE")
    event["organizer"] = organizer
    event.add("attendee", attendee)
    return event
