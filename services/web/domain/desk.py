"""A clinic's day, as the front desk reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.web.domain.words import Look, read_moment

STATUSES: Final[dict[str, Look]] = {
    "held": Look("mute", "hourglass", "Held"),
    "booked": Look("info", "calendar-days", "Booked"),
    "confirmed": Look("good", "calendar-check", "Confirmed"),
    "arrived": Look("warn", "user-check", "Waiting here"),
    "in_treatment": Look("info", "syringe", "In treatment"),
    "completed": Look("mute", "circle-check-big", "Completed"),
    "cancelled": Look("mute", "calendar-x", "Cancelled"),
    "missed": Look("bad", "user-x", "Missed"),
    "lapsed": Look("mute", "clock", "Lapsed"),
}
SCREENINGS: Final[dict[str, Look]] = {
    "pending": Look("mute", "circle-dashed", "To come"),
    "clear": Look("good", "shield-check", "Clear"),
    "review": Look("warn", "shield-question-mark", "Review"),
    "defer": Look("bad", "shield-alert", "Defer"),
    "refuse": Look("bad", "shield-x", "Refuse"),
}
TROUBLES: Final[dict[str, str]] = {  # why an appointment cannot take place as it stands
    "clinic_closed": "Clinic closed",
    "outside_hours": "Outside hours",
    "practitioner_left": "Practitioner left",
    "practitioner_away": "Practitioner away",
    "credential_ends": "Credential ends",
    "room_closed": "Room closed",
    "device_gone": "Device gone",
    "device_unfit": "Device not fit",
    "screening_refused": "Screening refused",
    "screening_deferred": "Screening deferred",
    "course_paused": "Course paused",
}
DISRUPTED: Final = Look("bad", "triangle-alert", "Cannot take place")
LATE: Final = Look("warn", "alarm-clock", "Late")
NO_DEVICE: Final = "none"
UNKNOWN: Final = Look("mute", "circle-question-mark", "Unknown")
VERBS: Final = {
    "confirm": "Confirm",
    "arrive": "Arrived",
    "miss": "Did not come",
    "cancel": "Cancel",
}
WISHES: Final = {  # at whose wish it is cancelled, for only a client's may cost a fee
    "client": "The client cannot come",
    "clinic": "The clinic cannot, no fee",
}
DONE: Final = {
    "confirm": "The appointment is confirmed.",
    "arrive": "The client is marked as here.",
    "miss": "The appointment is marked as missed.",
    "cancel": "The appointment is cancelled.",
    "seen": "You are noted as the one who has seen the alarm.",
}
NO_GRACE: Final = timedelta()
_OPEN = frozenset({"booked", "confirmed"})
_GONE = frozenset({"cancelled", "missed", "lapsed"})


@dataclass(frozen=True, slots=True)
class Row:
    """One appointment of the list; times are the clinic's."""

    id: str
    version: int
    begins: datetime
    ends: datetime
    client: str | None
    treatment: str
    practitioner: str
    room: str
    device: str | None
    status: Look
    screening: Look
    troubles: tuple[Look, ...]
    verbs: tuple[str, ...]
    is_over: bool
    is_late: bool  # it has begun, and the client is not here


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called; one that is missing is shown as unknown."""

    clients: Mapping[str, str]
    devices: Mapping[str, str]


def day_of(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the clinic's day in UTC, from its midnight to the next: 23 to 25 hours."""
    begins, ends = (
        datetime.combine(each, time(), zone).astimezone(UTC)
        for each in (day, day + timedelta(days=1))
    )
    return begins, ends


def board(
    appointments: Sequence[Mapping[str, Any]],
    names: Names,
    zone: ZoneInfo,
    now: datetime,
    grace: timedelta = NO_GRACE,
) -> list[Row]:
    """Return the day's rows by time; what was cancelled or lapsed comes last.

    Nobody counts as missing before the clinic's `grace` is over.
    """
    rows = [_row(each, names, zone, now, grace) for each in appointments]
    return sorted(rows, key=lambda row: (row.is_over, row.begins, row.id))


def verbs(
    status: str,
    begins: datetime,
    now: datetime,
    *,
    paused: bool = False,
    grace: timedelta = NO_GRACE,
) -> tuple[str, ...]:
    """Return what the desk may do with an appointment in that state; `paused`: its course is.

    Who should be here by now has come or not: nothing is left to confirm.  Nobody arrives before
    the day, by the clock of `begins`; who is not here when the clinic's `grace` is over did not
    come.
    """
    if status not in _OPEN:
        return ()
    confirm = ("confirm",) if status == "booked" and begins >= now else ()
    is_day = begins.date() <= now.astimezone(begins.tzinfo).date()
    arrive = ("arrive",) if is_day and not paused else ()
    miss = ("miss",) if begins < now and begins + grace <= now else ()
    return (*confirm, *arrive, *miss, "cancel")


def tally(rows: Sequence[Row]) -> list[tuple[Look, int]]:
    """Return how many stand in each state, as a day passes; then how many need somebody."""
    counted = [(look, sum(row.status == look for row in rows)) for look in STATUSES.values()]
    late = sum(row.is_late for row in rows)
    disrupted = sum(bool(row.troubles) for row in rows)
    counted += [(LATE, late), (DISRUPTED, disrupted)]
    return [(look, count) for look, count in counted if count]


def next_due(rows: Sequence[Row], now: datetime, grace: timedelta = NO_GRACE) -> datetime | None:
    """Return when the next client who is not here will be late, or missing; None: nobody can be."""
    open_ = [row.begins for row in rows if row.verbs]
    times = [*open_, *(begins + grace for begins in open_)]
    return min((each for each in times if each > now), default=None)


def _trouble(kind: str) -> Look:
    return Look(DISRUPTED.tone, DISRUPTED.icon, TROUBLES.get(kind, DISRUPTED.word))


def _row(
    each: Mapping[str, Any], names: Names, zone: ZoneInfo, now: datetime, grace: timedelta
) -> Row:
    begins = read_moment(each["starts_at"])
    device = each.get("device_id")
    disrupted = each.get("disrupted", ())
    return Row(
        id=str(each["id"]),
        version=each["version"],
        begins=begins.astimezone(zone),
        ends=read_moment(each["ends_at"]).astimezone(zone),
        client=names.clients.get(str(each["client_id"])),
        treatment=each["treatment_name"],
        practitioner=each["practitioner_name"],
        room=each["room_name"],
        device=names.devices.get(str(device)) if device else NO_DEVICE,
        status=STATUSES.get(each["status"], UNKNOWN),
        screening=SCREENINGS.get(each["screening"], UNKNOWN),
        troubles=tuple(_trouble(kind) for kind in disrupted),
        verbs=verbs(
            each["status"],
            begins.astimezone(zone),
            now,
            paused="course_paused" in disrupted,
            grace=grace,
        ),
        is_over=each["status"] in _GONE,
        is_late=each["status"] in _OPEN and begins < now,
    )
