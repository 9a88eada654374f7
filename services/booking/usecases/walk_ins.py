"""Taking in somebody who stands at the desk: the earliest possible start, and arrived at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.booking.domain import refusals
from services.booking.domain.appointments import too_contended
from services.booking.domain.availability import Board, minute_up
from services.booking.domain.changes import Change
from services.booking.domain.refusals import ABIDING
from services.booking.usecases import appointments, availability
from services.booking.usecases.appointments import Wanted
from services.booking.usecases.availability import Question
from shared.db import Transaction
from shared.errors import Conflict

WITHIN = timedelta(hours=2)  # who stands at the desk waits so long, not longer
LATER = timedelta(days=7)
TOLD = 5  # later times
ATTEMPTS = 5
# Who is here needs no notice, and does not wait for the clinic's next round time.
_WAIVED = frozenset({"too_soon", "between_steps"})


class NothingFreeNow(Conflict):
    """Nobody and nothing is free soon enough.  Carries `next_times`."""

    type = "nothing-free-now"
    title = "Nothing is free soon enough"


@dataclass(frozen=True, slots=True)
class WalkIn:
    """Who stands at the desk, and for what; its id was made at the edge."""

    id: UUID
    clinic_id: UUID
    client_id: UUID
    treatment_id: UUID
    practitioner_id: UUID | None = None
    zones: Sequence[str] | None = None  # None: the treatment as a whole


def take_in(tx: Transaction, wanted: WalkIn, change: Change) -> dict[str, Any]:
    """Book the earliest start from now on and note that the client is here, in one.

    Hours, screening, interval, credential and device count as ever; no deposit is asked for, as
    nothing lies between booking and visit.  Raises NothingFreeNow, the
    refusal that waiting does not mend, TooContended, or as availability.look.
    """
    for _ in range(ATTEMPTS):
        booking = Wanted(
            id=wanted.id,
            clinic_id=wanted.clinic_id,
            client_id=wanted.client_id,
            treatment_id=wanted.treatment_id,
            starts_at=_earliest(tx, wanted, change.now),
            practitioner_id=wanted.practitioner_id,
            zones=wanted.zones,
            waived=_WAIVED,
            deposit=False,
        )
        try:
            appointments.book(tx, booking, change)
        except Conflict:  # somebody took it since we looked; nothing is written
            continue
        current = appointments.find(tx, wanted.id, lock=True)
        return appointments.step(tx, "arrive", current, change)
    raise too_contended()


def _earliest(tx: Transaction, wanted: WalkIn, now: datetime) -> datetime:
    """Return the first start that nothing but notice and grid speaks against."""
    first = datetime.fromtimestamp(minute_up(now) * 60, UTC)
    situation, _ = availability.look(tx, _question(wanted, first, WITHIN), now)
    board = Board(situation)
    found = board.earliest(_WAIVED)
    if found is not None:
        return found
    if abiding := [each for each in board.throughout() if each in ABIDING]:
        raise refusals.error(situation, first, abiding)
    later, _ = availability.look(tx, _question(wanted, first, LATER), now)
    times = [each["starts_at"] for each in Board(later, explains=False).times()[:TOLD]]
    hours = WITHIN // timedelta(hours=1)
    raise NothingFreeNow(
        f"Nothing is free within {hours} hours. " + _advice(times), next_times=times
    )


def _advice(times: list[datetime]) -> str:
    return "Offer one of the next times." if times else "Look for a time further ahead."


def _question(wanted: WalkIn, first: datetime, span: timedelta) -> Question:
    return Question(
        wanted.clinic_id,
        wanted.treatment_id,
        first,
        first + span,
        practitioner_id=wanted.practitioner_id,
        client_id=wanted.client_id,
        zones=None if wanted.zones is None else tuple(wanted.zones),
    )
