"""Recovering skin in PostgreSQL; seen from every clinic."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

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
    """Keep the interval around a session to come.  Stands inside `appointments.attempt`."""
    tx.later(SQL["plan"], asdict(session))


def treated(tx: Transaction, session: Treated) -> None:
    """Keep the interval after a session that happened; nothing refuses what happened."""
    tx.later(SQL["treated"], asdict(session))


def forget(tx: Transaction, appointment_id: UUID) -> None:
    """Delete what was planned, before it is planned anew."""
    tx.later(SQL["forget"], {"appointment_id": appointment_id})


def release(tx: Transaction, appointment_id: UUID) -> None:
    """Let go of the interval of a session that will not happen."""
    tx.later(SQL["release"], {"appointment_id": appointment_id})
