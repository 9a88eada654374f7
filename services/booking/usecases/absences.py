"""Dates on which a person works at no clinic."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.domain import rotas as rules
from services.booking.domain.rotas import AbsenceUnknown
from services.booking.store import absences as store
from services.booking.store import practitioners
from services.booking.usecases import days, disruptions
from shared.db import Transaction


def add(
    tx: Transaction, person: Mapping[str, Any], wanted: Mapping[str, Any], *, now: datetime
) -> dict[str, Any]:
    """Let a practitioner be away, at every clinic; `wanted` has an `id`.

    Raises AbsenceWrong, or DayOutOfReach when its last day is over or years ahead.
    """
    _check(tx, person, wanted, now)
    store.insert(tx, {**wanted, "practitioner_id": person["id"]})
    return find(tx, person["id"], wanted["id"])


def change(
    tx: Transaction,
    person: Mapping[str, Any],
    current: Mapping[str, Any],
    changes: Mapping[str, Any],
    *,
    now: datetime,
) -> dict[str, Any]:
    """Change what `changes` names of an absence that `find` locked.  Raises as `add`."""
    changed = {**current, **changes}
    _check(tx, person, changed, now)
    store.update(tx, changed)
    return find(tx, person["id"], current["id"])


def remove(tx: Transaction, current: Mapping[str, Any]) -> None:
    """Let the person of an absence that `find` locked work as planned."""
    store.forget(tx, current["id"])


def find(
    tx: Transaction, practitioner_id: UUID, absence_id: UUID, *, lock: bool = False
) -> dict[str, Any]:
    """Return an absence.  Raises AbsenceUnknown."""
    found = store.find(tx, practitioner_id, absence_id, lock=lock)
    if found is None:
        raise AbsenceUnknown("There is no such absence of this practitioner.")
    return found


def page(tx: Transaction, practitioner_id: UUID, binds: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a person's absences by date; see the store."""
    return store.page(tx, practitioner_id, binds)


def tell(tx: Transaction, practitioner_id: UUID) -> None:
    """Look at the appointments of a person whose absences changed, at every clinic in scope."""
    for each in practitioners.active_at(tx, practitioner_id):
        disruptions.look_again(tx, each["clinic_id"], resource_id=practitioner_id)


def _check(
    tx: Transaction, person: Mapping[str, Any], wanted: Mapping[str, Any], now: datetime
) -> None:
    rules.check_absence(wanted["first_day"], wanted["last_day"])
    days.require_plannable(tx, person["clinic_id"], wanted["last_day"], now)
