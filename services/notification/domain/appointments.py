"""Appointments as far as a message needs them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

LIVE = frozenset({"held", "booked", "confirmed"})  # the client is still to come
CANCELLED = "cancelled"
HELD = "held"  # a place that was offered, and may become an appointment


@dataclass(frozen=True, slots=True)
class Appointment:
    """One appointment in one version.  Times are aware and in UTC; the zone is the clinic's."""

    id: UUID
    clinic_id: UUID
    client_id: UUID
    version: int
    status: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    practitioner_id: UUID
    practitioner_name: str
    link_issue: int = 0  # of the client's links that the clinic believes
    course_id: UUID | None = None
    course_number: int | None = None
    course_sessions: int | None = None  # as booked; None: not told, or a single visit

    @property
    def is_live(self) -> bool:
        """Say whether the client is still expected."""
        return self.status in LIVE

    @property
    def in_course(self) -> bool:
        """Say whether it was booked together with others, which one confirmation tells."""
        return self.course_id is not None and (self.course_sessions or 0) > 1

    def reads_like(self, other: "Appointment") -> bool:
        """Say whether a client who was told of `other` knows this one."""
        mine = (self.starts_at, self.ends_at, self.practitioner_id)
        return mine == (other.starts_at, other.ends_at, other.practitioner_id)


def teller(sessions: Iterable[Appointment]) -> Appointment | None:
    """Return the session whose confirmation tells the course: the first that is still to come."""
    live = (each for each in sessions if each.is_live)
    return min(live, key=lambda each: each.course_number or 0, default=None)
