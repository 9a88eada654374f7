"""All that decides whether a treatment can begin at a time, as one value.

Busy times are spans of whole minutes since 1970 in UTC, set-up and clean-down included.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.booking.domain.days import Calendar, Exceptional
from services.booking.domain.hours import Hours
from services.booking.domain.policies import Terms
from services.booking.domain.rotas import Schedule

Busy = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic's zone, opening hours and booking policy."""

    id: UUID
    zone: ZoneInfo
    hours: tuple[Hours, ...]
    step_minutes: int  # times begin at multiples of this after local midnight
    lead_minutes: int  # nothing begins sooner than this from now
    horizon_days: int  # nothing begins later than this from now
    screening_first: bool  # no booking before a screening
    exceptions: tuple[Exceptional, ...] = ()
    jurisdiction: str = ""  # whose public holidays: an ISO 3166 code
    closed_on_holidays: bool = False

    @property
    def calendar(self) -> Calendar:
        """Return when the clinic is open."""
        return Calendar(self.hours, self.exceptions, self.jurisdiction, self.closed_on_holidays)


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is to be done."""

    id: UUID
    name: str
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    room_kind: str
    needs_device: bool
    interval_days: int
    recovery_group: str
    area: str  # "face" or "body": which of a practitioner's depths counts
    depth_um: int
    credentials: frozenset[str]
    zone_minutes: tuple[tuple[str, int], ...] = ()
    device_models: frozenset[str] = frozenset()  # none: any will do
    zones: tuple[str, ...] = ()  # which ones are asked for; none: the treatment as a whole

    def of(self, zones: Iterable[str]) -> "Treatment":
        """Return the treatment of some zones: their minutes together instead of its own."""
        minutes, chosen = dict(self.zone_minutes), tuple(sorted(set(zones)))
        together = sum(minutes.get(zone, 0) for zone in chosen)
        return replace(self, zones=chosen, duration_minutes=together or self.duration_minutes)


@dataclass(frozen=True, slots=True)
class Practitioner:
    """Somebody who may treat.  A null depth or date means: nothing is allowed."""

    id: UUID
    name: str
    credential: str
    max_depth_face_um: int | None
    max_depth_body_um: int | None
    valid_until: date | None
    schedule: Schedule
    busy: Busy = ()

    def covers(self, treatment: Treatment) -> bool:
        """Say whether the credential, while it is valid, covers the treatment."""
        face = treatment.area == "face"
        depth = self.max_depth_face_um if face else self.max_depth_body_um
        return (
            self.credential in treatment.credentials
            and depth is not None
            and depth >= treatment.depth_um
        )


@dataclass(frozen=True, slots=True)
class Room:
    """A room of the kind that the treatment needs."""

    id: UUID
    name: str
    turnover_minutes: int
    busy: Busy = ()


@dataclass(frozen=True, slots=True)
class Device:
    """A needling device, as device telemetry last told."""

    id: UUID
    name: str
    fit: bool
    offline: bool
    busy: Busy = ()
    model: str = ""


@dataclass(frozen=True, slots=True)
class Recovery:
    """A session of the same skin: when it begins, and when the next one may."""

    starts_at: datetime
    recovered_at: datetime


@dataclass(frozen=True, slots=True)
class Client:
    """The person to be treated."""

    id: UUID
    busy: Busy = ()
    recoveries: tuple[Recovery, ...] = ()


@dataclass(frozen=True, slots=True)
class Screening:
    """The last word of client records on this treatment for this client."""

    outcome: str
    not_before: datetime | None

    def said_of(self, starts_at: datetime) -> str:
        """Return what an appointment at that time shows."""
        if self.outcome != "defer":
            return self.outcome
        over = self.not_before is not None and starts_at >= self.not_before
        return "pending" if over else "defer"  # a deferral that is over asks for a new screening


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything about the starts in [starts_from, starts_until), aware, in UTC."""

    clinic: Clinic
    treatment: Treatment
    practitioners: tuple[Practitioner, ...]
    rooms: tuple[Room, ...]
    devices: tuple[Device, ...]
    starts_from: datetime
    starts_until: datetime
    now: datetime
    client: Client | None = None
    screening: Screening | None = None
    chosen: bool = field(default=False)  # the practitioner was asked for by name
    agreed_at: datetime | None = None  # a hold promised the place then: notice counts from there
    terms: Terms = field(default_factory=Terms)  # what a booking agrees to
