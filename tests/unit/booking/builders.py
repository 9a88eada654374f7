"""A clinic on paper: valid by default, a test names only what it is about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.booking.domain.availability import minute
from services.booking.domain.hours import Hours
from services.booking.domain.rotas import Rota, Schedule
from services.booking.domain.situation import (
    Clinic,
    Device,
    Practitioner,
    Room,
    Situation,
    Treatment,
)

LONDON = ZoneInfo("Europe/London")
NINE_TO_SIX = tuple(Hours(day, 540, 1080) for day in range(1, 8))
ALWAYS = tuple(Hours(day, 0, 1440) for day in range(1, 8))
MONDAY = datetime(2030, 1, 7, tzinfo=UTC)


def weekly(week):
    """Return the schedule of somebody who works the same hours every week."""
    return Schedule((Rota(None, None, 1, tuple((1, each) for each in week)),))


def an_id(number: int) -> UUID:
    return UUID(int=number)


def a_clinic(**changes):
    clinic = Clinic(an_id(1), LONDON, NINE_TO_SIX, 15, 0, 365, screening_first=False)
    return replace(clinic, **changes)


def a_treatment(**changes):
    treatment = Treatment(
        id=an_id(2),
        name="Acne scars, face",
        duration_minutes=60,
        buffer_before_minutes=0,
        buffer_after_minutes=0,
        room_kind="treatment",
        needs_device=True,
        interval_days=28,
        recovery_group="face",
        area="face",
        depth_um=1000,
        credentials=frozenset({"registered_nurse"}),
    )
    return replace(treatment, **changes)


def a_practitioner(**changes):
    person = Practitioner(
        id=an_id(3),
        name="Priya",
        credential="registered_nurse",
        max_depth_face_um=1500,
        max_depth_body_um=2000,
        valid_until=date(2099, 12, 31),
        schedule=weekly(changes.pop("hours", ALWAYS)),
    )
    return replace(person, **changes)


def a_room(**changes):
    return replace(Room(an_id(4), "Room 1", 0), **changes)


def a_device(**changes):
    return replace(Device(an_id(5), "Pen 1", fit=True, offline=False), **changes)


def a_situation(**changes):
    """One practitioner, room and pen, asked about a Monday."""
    situation = Situation(
        clinic=a_clinic(),
        treatment=a_treatment(),
        practitioners=(a_practitioner(),),
        rooms=(a_room(),),
        devices=(a_device(),),
        starts_from=MONDAY,
        starts_until=MONDAY + timedelta(days=1),
        now=MONDAY - timedelta(days=1),
    )
    return replace(situation, **changes)


def busy(start: datetime, minutes: int):
    return ((minute(start), minute(start) + minutes),)
