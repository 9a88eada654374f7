"""When a treatment can begin, and why not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.booking.domain import refusals, treatments
from services.booking.domain.appointments import ClientUnknown
from services.booking.domain.availability import Board
from services.booking.domain.situation import Situation
from services.booking.domain.treatments import TreatmentUnknown
from services.booking.store import availability as store
from services.booking.store.availability import Question
from services.booking.usecases.practitioners import PractitionerUnknown
from shared.db import Transaction
from shared.errors import Conflict

__all__ = ["Question", "look", "times"]


class ClinicClosed(Conflict):
    """The clinic takes no bookings any more."""

    type = "clinic-closed"
    title = "The clinic takes no bookings"


def times(
    tx: Transaction, question: Question, now: datetime, *, explain: bool = False
) -> dict[str, Any]:
    """Return time_zone, the times that can be booked and, if asked, why others cannot.

    Each of `refused` has `starts_at`, `reasons`, and a sentence for each reason in `sentences`.
    """
    situation, _ = look(tx, question, now)
    board = Board(situation, explains=explain)
    return {
        "time_zone": situation.clinic.zone.key,
        "times": board.times(),
        "refused": [_worded(situation, each) for each in board.refused()] if explain else [],
    }


def _worded(situation: Situation, refused: Mapping[str, Any]) -> dict[str, Any]:
    starts_at, reasons = refused["starts_at"], refused["reasons"]
    words = [refusals.sentence(situation, starts_at, reason) for reason in reasons]
    return {**refused, "sentences": words}


def look(tx: Transaction, question: Question, now: datetime) -> tuple[Situation, str]:
    """Return everything that decides, and the treatment's indication.

    Raises TreatmentUnknown, ZoneNotOffered, ZonesTooLong, ClientUnknown, PractitionerUnknown or
    ClinicClosed.
    """
    found = store.situation(tx, question, now)
    if found.situation is None or not found.treatment_active:
        raise TreatmentUnknown("The clinic does not offer this treatment.")
    if not found.clinic_active:
        raise ClinicClosed("This clinic takes no bookings any more.")
    treatments.require_zones(found.situation.treatment)
    if question.client_id is not None and not found.client_active:
        raise ClientUnknown(
            "This client is not known here yet. Try again in a moment.", retry_after_s=1
        )
    if question.practitioner_id is not None and not found.practitioner_known:
        raise PractitionerUnknown("There is no such practitioner at this clinic.")
    return found.situation, found.indication
