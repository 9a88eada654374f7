"""Finding a place for a treatment, locking it, taking it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.booking.domain import refusals, treatments
from services.booking.domain.appointments import Overtaken, too_contended
from services.booking.domain.availability import Board, Place
from services.booking.domain.policies import Terms
from services.booking.domain.situation import Situation
from services.booking.store import appointments as store
from services.booking.store import recoveries, resources
from services.booking.store.appointments import Taken
from services.booking.store.recoveries import Treated
from services.booking.usecases import availability
from services.booking.usecases.availability import Question
from shared.db import Transaction

ATTEMPTS = 20  # each is lost only to somebody who booked meanwhile
_MINUTE = timedelta(minutes=1)
FOLLOWED = ("starts_at", "ends_at", "practitioner_id", "room_id", "device_id", "screening")


@dataclass(frozen=True, slots=True)
class Seat:
    """A place at a time, and all that was known when it was chosen."""

    situation: Situation
    indication: str
    place: Place
    starts_at: datetime

    @property
    def ends_at(self) -> datetime:
        """Return when the treatment ends."""
        return self.starts_at + timedelta(minutes=self.situation.treatment.duration_minutes)

    @property
    def taken(self) -> Sequence[Taken]:
        """Return who and what is taken when; set-up, clean-down and turnover included."""
        treatment, place = self.situation.treatment, self.place
        begins = self.starts_at - treatment.buffer_before_minutes * _MINUTE
        ends = self.ends_at + treatment.buffer_after_minutes * _MINUTE
        found = [
            (place.practitioner.id, begins, ends),
            (place.room.id, begins, ends + place.room.turnover_minutes * _MINUTE),
        ]
        if place.device:
            found.append((place.device.id, begins, ends))
        if self.situation.client:
            found.append((self.situation.client.id, self.starts_at, self.ends_at))
        return found

    @property
    def terms(self) -> Terms:
        """Return what is agreed when the place is booked; a hold or a move agrees to nothing."""
        return self.situation.terms

    @property
    def facts(self) -> dict[str, Any]:
        """Return the fields of an appointment in this place."""
        situation, place = self.situation, self.place
        screening = situation.screening
        return {
            "clinic_id": situation.clinic.id,
            "time_zone": situation.clinic.zone.key,
            "treatment_id": situation.treatment.id,
            "treatment_name": situation.treatment.name,
            "zones": list(situation.treatment.zones),
            "indication": self.indication,
            "practitioner_id": place.practitioner.id,
            "practitioner_name": place.practitioner.name,
            "room_id": place.room.id,
            "room_name": place.room.name,
            "device_id": place.device.id if place.device else None,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "screening": screening.said_of(self.starts_at) if screening else "pending",
            "disrupted": [],
        }


def settle(
    tx: Transaction,
    question: Question,
    now: datetime,
    preferred: frozenset[UUID],
    write: Callable[[Seat], dict[str, Any]],
) -> dict[str, Any]:
    """Find a place at `starts_from`, lock it, write; who was overtaken looks for another place.

    `write` stores the appointment and takes the seat.  Raises one of domain.refusals, TooContended,
    or as availability.look.
    """
    starts_at = question.starts_from
    for _ in range(ATTEMPTS):
        situation, indication = availability.look(tx, question, now)
        board = Board(situation)
        if reasons := [r for r in board.reasons(starts_at) if r not in question.waived]:
            raise refusals.error(situation, starts_at, reasons)
        seat = Seat(situation, indication, board.place(starts_at, preferred), starts_at)
        try:
            with store.attempt(tx):
                resources.lock(tx, [each[0] for each in seat.taken])
                return write(seat)
        except Overtaken:
            continue
    raise too_contended()


def take(tx: Transaction, appointment: Mapping[str, Any], seat: Seat, now: datetime) -> None:
    """Take the seat for an appointment, and keep the interval around it."""
    store.allocate(tx, appointment["id"], seat.taken, now=now)
    recoveries.forget(tx, appointment["id"])
    recoveries.plan(tx, planned(appointment, seat.situation))


def planned(appointment: Mapping[str, Any], situation: Situation) -> Treated:
    """Return the session and the recovery that an appointment plans."""
    treatment, starts_at = situation.treatment, appointment["starts_at"]
    return Treated(
        appointment["id"],
        appointment["client_id"],
        treatment.recovery_group,
        starts_at,
        treatments.recovered_at(starts_at, treatment.interval_days, situation.clinic.zone),
    )


def question(clinic_id: UUID, treatment_id: UUID, starts_at: datetime, **more: Any) -> Question:
    """Return the question for one start; `more` as the fields of Question."""
    until = starts_at + _MINUTE
    return Question(clinic_id, treatment_id, starts_at, until, **more)


def another_for(
    current: Mapping[str, Any], starts_at: datetime, practitioner_id: UUID, **more: Any
) -> Question:
    """Return the question for another place of an appointment; `more` as the fields of Question."""
    return question(
        current["clinic_id"],
        current["treatment_id"],
        starts_at,
        practitioner_id=practitioner_id,
        client_id=current["client_id"],
        except_id=current["id"],
        **more,
    )
