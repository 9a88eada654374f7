"""Recovering skin in PostgreSQL; seen from every clinic."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from psycopg2.errors import ExclusionViolation

from services.booking.domain.appointments import Overtaken
from shared.db import Transaction, queries

SQL = queries(__file__)


@dataclass(frozen=True, slots=True)
class Treated:
    """A session, planned or done, and when the next of its group may begin."""

    appointment_id: UUID
    client_id: UUID
    recovery_group: str
    treated_at: datetime
    recovered_at: datetime


def plan(tx: Transaction, session: Treated) -> None:
    """Keep the interval around a session to come.  Raises Overtaken."""
    try:
        tx.run(SQL["plan"], asdict(session))
    except ExclusionViolation as overlap:
        raise Overtaken from overlap


def treated(tx: Transaction, session: Treated) -> None:
    """Keep the interval after a session that happened; nothing refuses what happened."""
    tx.run(SQL["treated"], asdict(session))


def forget(tx: Transaction, appointment_id: UUID) -> None:
    """Delete what was planned, before it is planned anew."""
    tx.run(SQL["forget"], {"appointment_id": appointment_id})


def release(tx: Transaction, appointment_id: UUID) -> None:
    """Let go of the interval of a session that will not happen."""
    tx.run(SQL["release"], {"appointment_id": appointment_id})
