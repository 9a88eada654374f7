"""Single dates on which a practitioner works other hours than the rota says, or not at all."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.domain import local_time
from services.booking.domain.days import DayTaken, DayUnknown
from services.booking.store import practitioner_days as store
from services.booking.usecases import days, disruptions
from shared.db import Transaction


def add(
    tx: Transaction, person: Mapping[str, Any], wanted: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Give a practitioner's date other hours, as typed, or none; `wanted` has an `id`.

    Raises HoursWrong, DayOutOfReach or DayTaken.
    """
    days.require_plannable(tx, person["clinic_id"], wanted["day"], now)
    whose = {"clinic_id": person["clinic_id"], "practitioner_id": person["id"]}
    if not store.insert(tx, {**wanted, **whose, "hours": days.typed(wanted["hours"])}):
        day = local_time.date_sentence(wanted["day"])
        raise DayTaken(f"{day} has an exception already. Change that one instead.")
    disruptions.look_again(tx, person["clinic_id"], resource_id=person["id"])
    return find(tx, person["clinic_id"], person["id"], wanted["id"])


def change(
    tx: Transaction, current: Mapping[str, Any], changes: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Change the hours of an exception that `find` locked.  Raises HoursWrong or DayOutOfReach."""
    clinic_id, person = current["clinic_id"], current["practitioner_id"]
    days.require_plannable(tx, clinic_id, current["day"], now)
    store.update(tx, {**current, "hours": days.typed(changes.get("hours", current["hours"]))})
    disruptions.look_again(tx, clinic_id, resource_id=person)
    return find(tx, clinic_id, person, current["id"])


def remove(tx: Transaction, current: Mapping[str, Any], *, now: datetime) -> None:
    """Let the date of an exception that `find` locked follow the rota.  Raises DayOutOfReach."""
    clinic_id = current["clinic_id"]
    days.require_plannable(tx, clinic_id, current["day"], now)
    store.forget(tx, clinic_id, current["id"])
    disruptions.look_again(tx, clinic_id, resource_id=current["practitioner_id"])


def find(
    tx: Transaction,
    clinic_id: UUID,
    practitioner_id: UUID,
    exception_id: UUID,
    *,
    lock: bool = False,
) -> dict[str, Any]:
    """Return an exception with its hours as typed.  Raises DayUnknown."""
    found = store.find(tx, clinic_id, practitioner_id, exception_id, lock=lock)
    if found is None:
        raise DayUnknown("This practitioner has no such exception.")
    return {**found, "hours": days.entries(found["hours"])}
