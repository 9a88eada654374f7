"""What booking tells the others, in the transaction of the change."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.booking.domain import hours as rules
from services.booking.domain.changes import Change
from services.booking.store import appointments as store
from services.booking.store import disruptions, hours, rotas
from shared import outbox
from shared.db import Transaction


def clinic(tx: Transaction, found: Mapping[str, Any]) -> None:
    """Announce a clinic as it now is, with the practitioner minutes of an ordinary day."""
    clinic_id = found["id"]
    opening = hours.opening(tx, [clinic_id]).get(clinic_id, ())
    working = rotas.standing(tx, clinic_id, active_only=True).values()
    weeks = [(rota.every_weeks, [each for _, each in rota.hours]) for rota in working]
    capacity = rules.daily_capacity(opening, weeks)
    data = {**found, "clinic_id": clinic_id, "daily_capacity_minutes": capacity}
    outbox.emit(tx, "booking.clinic_changed.v1", subject=clinic_id, data=data, clinic_id=clinic_id)


def practitioner(tx: Transaction, found: Mapping[str, Any]) -> None:
    """Announce a practitioner and the credential."""
    outbox.emit(
        tx,
        "booking.practitioner_changed.v1",
        subject=found["id"],
        data={**found, "practitioner_id": found["id"]},
        clinic_id=found["clinic_id"],
    )


def appointment(
    tx: Transaction, found: Mapping[str, Any], happened: str, changed: Sequence[str], change: Change
) -> None:
    """Write the appointment's history and announce it whole.

    What was the matter with it, and no longer stands in `disrupted`, is over.
    """
    told = {
        **found,
        "appointment_id": found["id"],
        "happened": happened,
        "changed": list(changed),
        **change.told,
    }
    store.note(tx, told)
    if happened != "booked" and "disrupted" in found:
        disruptions.keep(tx, found["id"], found["disrupted"], change.now)
    name = f"booking.appointment_{happened}.v1"
    outbox.emit(tx, name, subject=found["id"], data=told, clinic_id=found["clinic_id"])
