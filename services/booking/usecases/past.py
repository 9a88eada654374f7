"""Writing down visits that are over: a clinic that joins brings its history along.

Hours, notice and a device's fitness of today do not matter to yesterday; the constraints do: nobody
and nothing was in two places at once, and skin recovered between sessions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.booking.domain import treatments as rules
from services.booking.domain.appointments import ClientUnknown, Overtaken
from services.booking.domain.changes import Change
from services.booking.store import appointments as store
from services.booking.store import clients, recoveries, resources
from services.booking.store.appointments import Taken
from services.booking.store.recoveries import Treated
from services.booking.usecases import announcements, clinics, practitioners, rooms, treatments
from shared.db import Transaction
from shared.errors import Conflict, Rejected

OVER = frozenset({"completed", "cancelled", "missed"})


class NotOver(Rejected):
    """Only what is over can be written down as past."""

    type = "not-over"
    title = "This visit is not over"


class TakenThen(Conflict):
    """Somebody or something was elsewhere at that time, or the skin was recovering."""

    type = "taken-then"
    title = "This cannot have happened beside what is known"


@dataclass(frozen=True, slots=True)
class PastVisit:
    """A visit that is over.  `status` is one of OVER."""

    id: UUID
    clinic_id: UUID
    client_id: UUID
    treatment_id: UUID
    practitioner_id: UUID
    room_id: UUID
    device_id: UUID | None
    starts_at: datetime
    status: str
    screening: str = "clear"


def record(tx: Transaction, visit: PastVisit, change: Change) -> dict[str, Any]:
    """Write down a visit and announce how it ended; with version 1, it never was to come.

    Raises NotOver, TakenThen, ClientUnknown, or whatever else is unknown.
    """
    appointment, treatment, turnover = _read(tx, visit)
    if appointment["ends_at"] > change.now or visit.status not in OVER:
        raise NotOver("Only a visit that is over can be written down as past.")
    try:
        with store.attempt(tx):
            store.insert(tx, appointment)
            if visit.status == "completed":
                _take(tx, appointment, treatment, turnover, change.now)
    except Overtaken as overlap:
        raise TakenThen("At that time somebody was elsewhere, or skin recovered.") from overlap
    at = appointment["starts_at"] if visit.status == "cancelled" else appointment["ends_at"]
    ended = replace(change, now=at)
    announcements.appointment(tx, appointment, visit.status, ["status"], ended)
    return appointment


def _read(tx: Transaction, visit: PastVisit) -> tuple[dict[str, Any], dict[str, Any], timedelta]:
    """Return the appointment, its treatment, and how long the room was cleaned."""
    clinic = clinics.find(tx, visit.clinic_id)
    treatment = treatments.find(tx, visit.clinic_id, visit.treatment_id)
    person = practitioners.find(tx, visit.clinic_id, visit.practitioner_id)
    room = rooms.find(tx, visit.clinic_id, visit.room_id)
    if clients.find(tx, visit.clinic_id, visit.client_id) is None:
        raise ClientUnknown("This client is not known here yet.", retry_after_s=1)
    appointment = {
        **{name: getattr(visit, name) for name in visit.__slots__},
        "ends_at": visit.starts_at + timedelta(minutes=treatment["duration_minutes"]),
        "treatment_name": treatment["name"],
        "indication": treatment["indication"],
        "practitioner_name": person["name"],
        "room_name": room["name"],
        "time_zone": clinic["time_zone"],
        "expires_at": None,
        "version": 1,
    }
    return appointment, treatment, timedelta(minutes=room["turnover_minutes"])


def _take(
    tx: Transaction,
    appointment: Mapping[str, Any],
    treatment: Mapping[str, Any],
    turnover: timedelta,
    now: datetime,
) -> None:
    starts_at, ends_at = appointment["starts_at"], appointment["ends_at"]
    begins = starts_at - timedelta(minutes=treatment["buffer_before_minutes"])
    ends = ends_at + timedelta(minutes=treatment["buffer_after_minutes"])
    taken: list[Taken] = [
        (appointment["practitioner_id"], begins, ends),
        (appointment["room_id"], begins, ends + turnover),
        (appointment["client_id"], starts_at, ends_at),
    ]
    if appointment["device_id"]:
        taken.append((appointment["device_id"], begins, ends))
    resources.lock(tx, [each[0] for each in taken])
    store.allocate(tx, appointment["id"], taken, now=now)
    zone, days = ZoneInfo(appointment["time_zone"]), treatment["interval_days"]
    recovered = rules.recovered_at(ends_at, days, zone)
    group, client = treatment["recovery_group"], appointment["client_id"]
    recoveries.plan(tx, Treated(appointment["id"], client, group, starts_at, recovered))
