"""Diaries that calendar programs read: whose, who may give them away, and how much they show."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from services.booking.domain.appointments import OCCUPYING
from shared.errors import Forbidden, NotFound, Rejected
from shared.permissions import MANAGER

BEHIND = timedelta(days=30)
AHEAD = timedelta(days=180)
MOST_ENTRIES = 3000  # the farthest ahead are left out: half a millisecond each to write
SHOWN = sorted(OCCUPYING - {"held"})
GIVEN_UP = ("cancelled", "missed")


class CalendarUnknown(NotFound):
    """No diary has this address, or it was given up."""

    type = "calendar-unknown"
    title = "There is no such calendar"


class SubjectMissing(Rejected):
    """A diary of a practitioner or room names which one; a clinic's names none."""

    type = "calendar-subject"
    title = "Say whose calendar it is"


class NotYourDiary(Forbidden):
    """A practitioner's diary is given away by that practitioner or a manager."""

    type = "not-your-calendar"
    title = "This calendar is somebody else's"


def digest(token: str) -> bytes:
    """Return what is kept of an address's secret: 32 random bytes need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def window(now: datetime) -> tuple[datetime, datetime]:
    """Return from when until when diaries show."""
    return now - BEHIND, now + AHEAD


def require_may_give(
    kind: str, subject_id: UUID, created_by: UUID | None, by: UUID, roles: frozenset[str]
) -> None:
    """Raise NotYourDiary unless `by` may make (`created_by` None), renew or end the address."""
    if MANAGER in roles or by == created_by or (kind == "practitioner" and by == subject_id):
        return
    if kind == "practitioner":
        raise NotYourDiary("Only the practitioner or a manager can do this with their calendar.")
    if created_by is not None:
        raise NotYourDiary("Only who made this calendar or a manager can do this.")
