"""Appointments in PostgreSQL, with who and what they take, and their history."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.errors import ExclusionViolation

from services.booking.domain.appointments import Overtaken
from shared.db import Transaction, queries

SQL = queries(__file__)
_NO_TERMS = dict.fromkeys(("policy_version", "agreed_price_minor", "agreed_currency"))
Taken = tuple[UUID, datetime, datetime]  # what, from, until


@contextmanager
def attempt(tx: Transaction) -> Iterator[None]:
    """Send what is done inside; undo it, its locks too, where it fails.

    Locks and writes wait for the end and travel together, so that others wait as briefly as can be.
    Raises Overtaken where something is taken already.
    """
    try:
        with tx.savepoint():
            yield
    except ExclusionViolation as overlap:
        raise Overtaken from overlap


def insert(tx: Transaction, appointment: Mapping[str, Any]) -> None:
    """Store a new appointment."""
    tx.later(SQL["insert"], {"zones": [], **_NO_TERMS, **appointment})


def update(tx: Transaction, appointment: Mapping[str, Any]) -> None:
    """Store an appointment that `find` locked."""
    tx.later(SQL["update"], appointment)


def note(tx: Transaction, change: Mapping[str, Any]) -> None:
    """Add to the appointment's history."""
    tx.later(SQL["note"], change)


def history(
    tx: Transaction, appointment_id: UUID, binds: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return what happened to an appointment, oldest first.

    `binds` hold limit, and version of the entry before.
    """
    return tx.all(SQL["history"], {"id": appointment_id, **binds})


def entered(tx: Transaction, appointment_id: UUID, status: str) -> dict[str, Any] | None:
    """Return version and changed_at of the last step into a state, and the status `before` it."""
    return tx.one(SQL["entered"], {"id": appointment_id, "status": status})


def find(tx: Transaction, appointment_id: UUID, *, lock: bool = False) -> dict[str, Any] | None:
    """Return the whole appointment; None when it is not in scope."""
    if lock:
        tx.all(SQL["lock"], {"id": appointment_id})
    return tx.one(SQL["find"], {"ids": [appointment_id]})


def find_all(tx: Transaction, appointment_ids: Iterable[UUID]) -> list[dict[str, Any]]:
    """Return the whole appointments, those in scope, by id."""
    return tx.all(SQL["find"], {"ids": list(appointment_ids)})


def page(tx: Transaction, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's appointments by time.

    `wanted` holds clinic_id, starts_from, starts_until, status, disrupted, limit, and starts_at and
    id of the row before.
    """
    return tx.all(SQL["page"], wanted)


def upcoming_of(
    tx: Transaction, client_id: UUID, statuses: Sequence[str], treatment_id: UUID | None = None
) -> list[UUID]:
    """Return the client's appointments in these states, locked in one order."""
    values = {
        "client_id": client_id,
        "treatment_id": treatment_id,
        "statuses": list(statuses),
    }
    return [row["id"] for row in tx.all(SQL["upcoming_of"], values)]


def allocate(
    tx: Transaction,
    appointment_id: UUID,
    taken: Sequence[Taken],
    *,
    now: datetime,
    expires_at: datetime | None = None,
) -> None:
    """Take people, room and device, instead of what was taken before.  Stands inside `attempt`.

    `expires_at` is a hold's end; a hold that has run out by `now` gives way.
    """
    what, starts, ends = zip(*taken, strict=True)
    values = {
        "id": appointment_id,
        "now": now,
        "expires_at": expires_at,
        "resource_ids": list(what),
        "starts": list(starts),
        "ends": list(ends),
    }
    tx.later(SQL["forget_allocations"], values)
    tx.later(SQL["allocate"], values)


def write_note(tx: Transaction, appointment: Mapping[str, Any]) -> None:
    """Store the note and version of an appointment that `find` locked."""
    tx.run(SQL["write_note"], appointment)


def forget_words(tx: Transaction, client_id: UUID) -> None:
    """Take away what people wrote about a client's visits: notes and reasons."""
    tx.run(SQL["forget_notes"], {"client_id": client_id})
    tx.run(SQL["forget_reasons"], {"client_id": client_id})


def swap_device(
    tx: Transaction, appointment: Mapping[str, Any], used_id: UUID, now: datetime
) -> None:
    """Take the device that is used instead of the one that was booked.

    Nothing refuses what happens: where somebody else booked the used one for that time, they keep
    it, and only the booked one is freed.
    """
    values = {
        "id": appointment["id"],
        "booked_id": appointment["device_id"],
        "used_id": used_id,
        "now": now,
    }
    tx.run(SQL["forget_lapsed"], values)
    try:
        with attempt(tx):
            tx.run(SQL["swap_device"], values)
    except Overtaken:
        tx.run(SQL["free_device"], values)


def release(tx: Transaction, appointment_id: UUID) -> None:
    """Free people, room and device."""
    tx.later(SQL["release"], {"id": appointment_id})


def release_unused(tx: Transaction, appointment_id: UUID, now: datetime) -> None:
    """Free what a visit that is over had taken from `now` on."""
    tx.later(SQL["release_unused"], {"id": appointment_id, "now": now})


def run_out(tx: Transaction, now: datetime, limit: int) -> list[UUID]:
    """Return holds whose promise ended, locked."""
    return [row["id"] for row in tx.all(SQL["run_out"], {"now": now, "limit": limit})]


def taken_by(tx: Transaction, appointment_ids: Sequence[UUID]) -> list[UUID]:
    """Return whom and what these appointments take."""
    return [row["resource_id"] for row in tx.all(SQL["taken_by"], {"ids": list(appointment_ids)})]
