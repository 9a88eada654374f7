"""Clinics as headquarters sees them: one row each."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def zone(tx: Transaction, clinic_id: UUID) -> str | None:
    """Return a clinic's time zone; None before we have heard of the clinic."""
    row = tx.one(SQL["zone"], {"clinic_id": clinic_id})
    return row["time_zone"] if row else None


def keep(tx: Transaction, clinic: Mapping[str, Any], sequence: int) -> tuple[bool, str | None]:
    """Remember a clinic.  Return whether it was news, and the zone known until now."""
    before = tx.one(SQL["lock"], clinic)
    news = tx.run(SQL["keep"], {**clinic, "sequence": sequence}) == 1
    return news, before["time_zone"] if before else None


def hear(tx: Transaction, clinic_id: UUID, at: datetime) -> None:
    """Note a sign of life."""
    tx.run(SQL["hear"], {"clinic_id": clinic_id, "at": at})


def rows(
    tx: Transaction, now: datetime, clinic_ids: Collection[UUID] | None = None
) -> list[dict[str, Any]]:
    """Return clinics as they are at `now`, all or some, in no order."""
    wanted = None if clinic_ids is None else list(clinic_ids)
    return tx.all(SQL["rows"], {"now": now, "clinic_ids": wanted})
