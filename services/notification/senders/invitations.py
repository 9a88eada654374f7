"""iCalendar: the entry in the client's own calendar, moved and cancelled with the appointment."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from services.notification.domain.appointments import Appointment
from services.notification.domain.messages import Kind
from shared import calendars

METHODS = {Kind.CONFIRMATION: "REQUEST", Kind.MOVED: "REQUEST", Kind.CANCELLED: "CANCEL"}


def invitation(
    kind: Kind,
    appointments: Sequence[Appointment],
    *,
    subject: str,
    place: str,
    parties: tuple[str, str],
    now: datetime,
) -> tuple[str, bytes] | None:
    """Return METHOD and calendar of a message; None for kinds that change no calendar.

    The same UID for an appointment's whole life, SEQUENCE its version.  `parties` are the
    organizer's and the attendee's addresses; the organizer must be who sends the mail.  Several
    appointments, by time, are published: a REQUEST is of one UID (RFC 5546, 3.2.2), and nobody
    attends what is published.
    """
    if kind not in METHODS or not appointments:
        return None
    several = len(appointments) > 1
    method = "PUBLISH" if several else METHODS[kind]
    calendar = Calendar()
    calendar.add("prodid", "-//Needlepoint//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    years = [each.starts_at.year for each in appointments]
    first, last = date(years[0] - 1, 1, 1), date(years[-1] + 1, 12, 31)
    calendar.add_component(calendars.time_zone(appointments[0].time_zone, first, last))
    invited = (parties[0], None if several else parties[1])
    summary = place if several else subject
    for each in appointments:
        calendar.add_component(_event(kind, each, summary, place, invited, now))
    return method, bytes(calendar.to_ical())


def _event(
    kind: Kind,
    of: Appointment,
    subject: str,
    place: str,
    parties: tuple[str, str | None],
    now: datetime,
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
    organizer = vCalAddress(f"mailto:{parties[0]}")
    organizer.params["cn"] = vText(place)
    event["organizer"] = organizer
    if parties[1] is not None:
        attendee = vCalAddress(f"mailto:{parties[1]}")
        attendee.params["rsvp"] = vText("FALSE")
        event.add("attendee", attendee)
    return event
