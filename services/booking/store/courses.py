"""Courses in PostgreSQL; their sessions are appointments."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)
_NO_CONDITION = dict.fromkeys(("ids", "clinic_id", "client_id", "state", "id", "limit"))


def insert(tx: Transaction, course: Mapping[str, Any]) -> None:
    """Store a new course."""
    tx.run(SQL["insert"], course)


def join(tx: Transaction, course_id: UUID, appointment_ids: Sequence[UUID]) -> None:
    """Make stored appointments the sessions of a course, numbered from 1 in this order."""
    tx.run(SQL["join"], {"id": course_id, "appointment_ids": list(appointment_ids)})


def enter(tx: Transaction, course: Mapping[str, Any]) -> None:
    """Store `status` and `version` of a course that was locked."""
    tx.run(SQL["enter"], course)


def note(tx: Transaction, change: Mapping[str, Any]) -> None:
    """Add to the course's history."""
    tx.run(SQL["note"], change)


def history(tx: Transaction, course_id: UUID) -> list[dict[str, Any]]:
    """Return what happened to a course, oldest first."""
    return tx.all(SQL["history"], {"id": course_id})


def find(tx: Transaction, course_id: UUID, *, lock: bool = False) -> dict[str, Any] | None:
    """Return the course; None when it is not in scope.

    `state` is its status, or `finished` when nothing of it is still to come.
    """
    if lock:
        tx.all(SQL["lock"], {"id": course_id})
    return tx.one(SQL["page"], {**_NO_CONDITION, "ids": [course_id]})


def status(tx: Transaction, course_id: UUID) -> str | None:
    """Return the stored status; None when the course is not in scope."""
    row = tx.one(SQL["status"], {"id": course_id})
    return str(row["status"]) if row else None


def lock_running(tx: Transaction, client_id: UUID) -> list[dict[str, Any]]:
    """Return id, clinic_id and version of a client's courses that go on, locked in one order."""
    return tx.all(SQL["lock_running"], {"client_id": client_id})


def page(tx: Transaction, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a clinic's courses by id.

    `wanted` holds clinic_id, client_id, state, limit, and id of the row before.
    """
    return tx.all(SQL["page"], {**_NO_CONDITION, **wanted})


def sessions(tx: Transaction, course_ids: Iterable[UUID]) -> list[UUID]:
    """Return the appointments of some courses; their ids are in the order of their numbers."""
    return [row["id"] for row in tx.all(SQL["sessions"], {"ids": list(course_ids)})]


def to_come(
    tx: Transaction, course_id: UUID, statuses: Iterable[str], *, after: int = 0
) -> list[UUID]:
    """Return the sessions after a number that are in these states, locked in one order."""
    values = {"id": course_id, "number": after, "statuses": list(statuses)}
    return [row["id"] for row in tx.all(SQL["to_come"], values)]


def forget_words(tx: Transaction, client_id: UUID) -> None:
    """Forget what people gave as reasons in an erased client's courses."""
    tx.run(SQL["forget_words"], {"client_id": client_id})
