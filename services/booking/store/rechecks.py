"""Appointments to look at again, in PostgreSQL: a queue that the timer works off."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


@dataclass(frozen=True, slots=True)
class Recheck:
    """Whose appointments to look at; without `resource_id`, all of the clinic.

    `starts_at` and `appointment_id` are the last one looked at, None at the beginning.
    """

    position: int
    clinic_id: UUID
    resource_id: UUID | None
    second_look: bool
    starts_at: datetime | None
    appointment_id: UUID | None


def ask(
    tx: Transaction, clinic_id: UUID, resource_id: UUID | None, due_at: datetime | None
) -> None:
    """Ask for a look, not before `due_at`."""
    tx.run(SQL["ask"], {"clinic_id": clinic_id, "resource_id": resource_id, "due_at": due_at})


def take(tx: Transaction, now: datetime) -> Recheck | None:
    """Return what waits longest, locked; one that begins takes over all that ask for the same."""
    row = tx.one(SQL["next"], {"now": now})
    if row is None:
        return None
    if row["starts_at"] is None:
        same = tx.one(SQL["gather"], row)
        row["second_look"] = row["second_look"] and not (same and same["first_look"])
    return Recheck(**row)


def go_on(tx: Transaction, recheck: Recheck, starts_at: datetime, appointment_id: UUID) -> None:
    """Remember how far we came."""
    values = {
        "position": recheck.position,
        "second_look": recheck.second_look,
        "starts_at": starts_at,
        "appointment_id": appointment_id,
    }
    tx.run(SQL["go_on"], values)


def later(tx: Transaction, recheck: Recheck, due_at: datetime) -> None:
    """Look a second time then, from the beginning."""
    tx.run(SQL["later"], {"position": recheck.position, "due_at": due_at})


def finish(tx: Transaction, recheck: Recheck) -> None:
    """Forget what was asked: it is done."""
    tx.run(SQL["finish"], {"position": recheck.position})
