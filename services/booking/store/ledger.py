"""The ledger in PostgreSQL: entries are added and never changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.domain.policies import Money
from shared.db import Transaction, queries

SQL = queries(__file__)


def enter(tx: Transaction, entry: Mapping[str, Any]) -> bool:
    """Add an entry; False when its cause had its effect already."""
    return bool(tx.run(SQL["enter"], entry))


def enter_later(tx: Transaction, entry: Mapping[str, Any]) -> None:
    """Add an entry with the next statement; one whose cause had its effect already adds nothing."""
    tx.later(SQL["enter"], entry)


def of_cause(tx: Transaction, cause: str) -> dict[str, Any] | None:
    """Return what came of a cause; None when nothing did."""
    return tx.one(SQL["of_cause"], {"cause": cause})


def page_of_appointment(
    tx: Transaction, appointment_id: UUID, binds: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return entries, oldest first; `binds` hold limit, and entered_at and id of the one before."""
    return tx.all(SQL["page_of_appointment"], {**binds, "appointment_id": appointment_id})


def page_of_client(
    tx: Transaction, clinic_id: UUID, client_id: UUID, binds: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return a client's entries at a clinic, oldest first; `binds` as for an appointment."""
    values = {**binds, "clinic_id": clinic_id, "client_id": client_id}
    return tx.all(SQL["page_of_client"], values)


def balance_of_appointment(tx: Transaction, appointment_id: UUID) -> list[dict[str, Any]]:
    """Return what is open, `{currency, amount_minor}` each."""
    return tx.all(SQL["balance_of_appointment"], {"appointment_id": appointment_id})


def balance_of_client(tx: Transaction, clinic_id: UUID, client_id: UUID) -> list[dict[str, Any]]:
    """Return what is open of all a client's appointments at a clinic."""
    return tx.all(SQL["balance_of_client"], {"clinic_id": clinic_id, "client_id": client_id})


def deposits(tx: Transaction, appointment_id: UUID) -> list[Money]:
    """Return the deposits that are still asked for, paid or not."""
    rows = tx.all(SQL["deposits"], {"appointment_id": appointment_id})
    return [Money(row["amount_minor"], row["currency"]) for row in rows]


def of_step(
    tx: Transaction, appointment_id: UUID, version: int, since: datetime
) -> list[dict[str, Any]]:
    """Return what the step to `version` entered and is not taken back; its waivers too."""
    values = {"appointment_id": appointment_id, "version": version, "since": since}
    return tx.all(SQL["of_step"], values)


def forget_words(tx: Transaction, client_id: UUID) -> None:
    """Take away what people wrote beside a client's entries."""
    tx.run(SQL["forget_words"], {"client_id": client_id})
