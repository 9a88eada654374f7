"""What is the matter with appointments, in PostgreSQL."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.domain.appointments import UPCOMING
from services.booking.store.rechecks import Recheck
from shared.db import Transaction, queries

SQL = queries(__file__)


def ahead(tx: Transaction, wanted: Recheck, now: datetime, limit: int) -> list[dict[str, Any]]:
    """Return id and starts_at of the next appointments to look at, by time."""
    values = {
        "clinic_id": wanted.clinic_id,
        "resource_id": wanted.resource_id,
        "starts_at": wanted.starts_at,
        "appointment_id": wanted.appointment_id,
        "statuses": list(UPCOMING),
        "now": now,
        "limit": limit,
    }
    return tx.all(SQL["ahead"], values)


def facts(tx: Transaction, ids: Iterable[UUID]) -> list[dict[str, Any]]:
    """Return what these appointments take, and `disrupted`: what is the matter so far."""
    return tx.all(SQL["facts"], {"ids": list(ids)})


def lock(tx: Transaction, ids: Iterable[UUID]) -> list[UUID]:
    """Return those of the appointments that are still to take place, locked in one order."""
    rows = tx.all(SQL["lock"], {"ids": list(ids), "statuses": list(UPCOMING)})
    return [row["id"] for row in rows]


def begin(
    tx: Transaction, appointment: Mapping[str, Any], found: Mapping[str, str], now: datetime
) -> None:
    """Note what is the matter: kind -> sentence.  What is noted already stays."""
    values = {
        "appointment_id": appointment["id"],
        "clinic_id": appointment["clinic_id"],
        "kinds": list(found),
        "details": list(found.values()),
        "now": now,
    }
    tx.run(SQL["begin"], values)


def keep(tx: Transaction, appointment_id: UUID, kinds: Iterable[str], now: datetime) -> None:
    """Close whatever is noted of an appointment, except these kinds."""
    values = {"appointment_id": appointment_id, "kinds": list(kinds), "now": now}
    tx.later(SQL["keep"], values)


def asleep(tx: Transaction, now: datetime, until: datetime) -> list[dict[str, Any]]:
    """Return id and clinic_id of devices off line that somebody needs before `until`."""
    return tx.all(SQL["asleep"], {"now": now, "until": until, "statuses": list(UPCOMING)})


def page(tx: Transaction, wanted: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    """Return whole appointments to come that are disrupted, by time, with `sentence` and `since`.

    `wanted` holds clinic_id, resource_id, starts_from, starts_until, limit, and starts_at and id of
    the row before; None where it does not matter.
    """
    return tx.all(SQL["page"], {**wanted, "now": now, "statuses": list(UPCOMING)})
