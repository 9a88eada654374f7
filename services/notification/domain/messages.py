"""Which messages an appointment calls for, and whether one may go now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.notification.domain import local_time
from services.notification.domain.appointments import CANCELLED, Appointment

MINIMUM_NOTICE = timedelta(hours=2)  # a reminder later than this before the start helps nobody
JUST_TOLD = timedelta(hours=1)  # a reminder this soon after the confirmation only repeats it
AFTERCARE_DELAY = timedelta(hours=24)  # AFT-04: the first day is over, elapsed time
AFTERCARE_USEFUL = timedelta(hours=48)  # after the treatment; later the advice is a different one
COURSE_ON_ITS_WAY = timedelta(seconds=2)  # the sessions are told one by one
COURSE_AT_MOST = timedelta(minutes=10)  # a session that is not heard of by then is told alone
LEASE = timedelta(seconds=60)
MOST_TRIES = 8
UNBOUND = 0  # the appointment version of a message that follows a session, not an appointment


class Kind(StrEnum):
    """What a message is for; the words of `shared.events.notification.KINDS`."""

    CONFIRMATION = "confirmation"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REMINDER = "reminder_24h"
    AFTERCARE = "aftercare_day_1"
    PLACE_OFFERED = "place_offered"


class State(StrEnum):
    """Where a message stands."""

    PLANNED = "planned"
    WAITING = "waiting"  # for something we have not heard yet; `reason` says what
    NO_CHANNEL = "no_channel"  # nothing to send it by; `reason` says why
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"  # handed over, the answer was lost: a person decides
    FAILED = "failed"
    DROPPED = "dropped"  # would be wrong or useless by now
    CANCELLED = "cancelled"  # died with its appointment


TELLS_OF_VISIT = (Kind.CONFIRMATION, Kind.MOVED, Kind.REMINDER)  # die with the cancel
IN_QUIET_HOURS_TOO = frozenset({Kind.CONFIRMATION, Kind.MOVED, Kind.CANCELLED, Kind.PLACE_OFFERED})


@dataclass(frozen=True, slots=True)
class Plan:
    """A message to be: what, when, and until when it helps.  A reason means: dropped at once."""

    kind: Kind
    version: int
    due_at: datetime
    useful_until: datetime
    dropped: str | None = None
    by_hand: bool = False  # a person asked for it now, at night too


@dataclass(frozen=True, slots=True)
class Contact:
    """How a client is reached."""

    given_name: str | None
    email: str | None
    phone: str | None
    locale: str
    active: bool
    erased: bool


@dataclass(frozen=True, slots=True)
class Clinic:
    """What a message says of the clinic."""

    name: str
    time_zone: str
    phone: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a due message: the state it goes to, why, and from when it may go."""

    state: State
    reason: str | None = None
    not_before: datetime | None = None


SEND = Verdict(State.SENDING)


def at_once(kind: Kind, of: Appointment, now: datetime) -> Plan:
    """Plan a message that answers something the client or the clinic just did."""
    return Plan(kind, of.version, now, of.starts_at)


def offer(of: Appointment, expires_at: datetime, now: datetime) -> Plan:
    """Plan the message of an offered place: at once, for booking offers nothing at night."""
    return Plan(Kind.PLACE_OFFERED, of.version, now, expires_at)


def reminder(of: Appointment, told_at: datetime) -> Plan:
    """Plan the reminder: a day before by the wall clock, never at night.

    `told_at` is when the client was told of this time; a reminder due by then, or within the hour
    after, is dropped with its reason.
    """
    latest = of.starts_at - MINIMUM_NOTICE
    due = local_time.outside_quiet(
        local_time.day_before(of.starts_at, of.time_zone), of.time_zone, latest
    )
    dropped = "booked_inside_notice" if due <= told_at + JUST_TOLD else None
    return Plan(Kind.REMINDER, of.version, due, latest, dropped)


def aftercare(ended_at: datetime, zone: str) -> Plan:
    """Plan the advice for the day after a treatment."""
    due, latest = ended_at + AFTERCARE_DELAY, ended_at + AFTERCARE_USEFUL
    return Plan(Kind.AFTERCARE, UNBOUND, local_time.outside_quiet(due, zone, latest), latest)


def again(
    kind: Kind, appointment: Appointment | None, now: datetime, until: datetime | None = None
) -> Plan:
    """Plan a message that a person sends once more, telling what is true now.

    `until` is when the first one stopped being of use: an offer ends when it ends.
    """
    if kind is Kind.AFTERCARE or appointment is None:
        return Plan(kind, UNBOUND, now, now + AFTERCARE_USEFUL, by_hand=True)
    ends = until if kind is Kind.PLACE_OFFERED and until else appointment.starts_at
    return Plan(kind, appointment.version, now, ends, by_hand=True)


def reachable(contact: Contact | None) -> Verdict:
    """Say whether a client can be written to, and why not."""
    if contact is None:
        return Verdict(State.WAITING, "contact_unknown")
    if contact.erased:
        return Verdict(State.DROPPED, "client_erased")
    if not contact.active:
        return Verdict(State.DROPPED, "client_inactive")
    if contact.email is None:
        why = "no_sms_gateway" if contact.phone else "no_address"
        return Verdict(State.NO_CHANNEL, why)
    return SEND


def still_true(plan: Plan, appointment: Appointment | None) -> Verdict:
    """Say whether what the message tells is still so."""
    if plan.version == UNBOUND:
        return SEND
    if appointment is None:
        return Verdict(State.WAITING, "appointment_unknown")
    if plan.version != appointment.version:
        return Verdict(State.DROPPED, "outdated")
    over = appointment.status == CANCELLED
    expected = over if plan.kind is Kind.CANCELLED else appointment.is_live
    return SEND if expected else Verdict(State.CANCELLED, f"appointment_{appointment.status}")


def may_go(
    plan: Plan,
    appointment: Appointment | None,
    clinic: Clinic | None,
    contact: Contact | None,
    now: datetime,
) -> Verdict:
    """Judge a due message the moment before it is handed over."""
    truth = still_true(plan, appointment)
    if truth.state in (State.DROPPED, State.CANCELLED):
        return truth
    if now >= plan.useful_until:
        return Verdict(State.DROPPED, "too_late")
    if truth is not SEND:
        return truth
    if clinic is None:
        return Verdict(State.WAITING, "clinic_unknown")
    reach = reachable(contact)
    return reach if reach is not SEND else _by_the_clock(plan, clinic.time_zone, now)


def whole_course(plan: Plan, heard: Sequence[Appointment], now: datetime) -> Verdict:
    """Let the confirmation of a course wait until its sessions were heard of, if not for long."""
    many = max((each.course_sessions or 0 for each in heard), default=0)
    if len(heard) < many and now < plan.due_at + COURSE_AT_MOST:
        return Verdict(State.PLANNED, "course_incomplete", now + COURSE_ON_ITS_WAY)
    return SEND


def _by_the_clock(plan: Plan, zone: str, now: datetime) -> Verdict:
    """Let a message wait for the morning when it is still of use then."""
    if plan.by_hand or plan.kind in IN_QUIET_HOURS_TOO or not local_time.is_quiet(now, zone):
        return SEND
    morning = local_time.quiet_ends(now, zone)
    if morning >= plan.useful_until:
        return SEND
    return Verdict(State.PLANNED, "quiet_hours", morning)


def next_try(tries: int, now: datetime) -> datetime:
    """Return when to try again after `tries` refusals for the moment: 1, 2, 4 … 60 minutes."""
    return now + timedelta(minutes=min(60, 2 ** (tries - 1)))
