"""The picture as people see it: rows of clinics and the seven numbers."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from services.headquarters.domain import overview as rules
from services.headquarters.domain import worst_first
from services.headquarters.store import clinics
from shared.db import Transaction


def rows(
    tx: Transaction, now: datetime, clinic_ids: Collection[UUID] | None = None
) -> list[dict[str, Any]]:
    """Return clinics as they are now, with their state, score and reasons; in no order."""
    return [_judged(row, now) for row in clinics.rows(tx, now, clinic_ids)]


def numbers(tx: Transaction, now: datetime) -> dict[str, Any]:
    """Return the seven numbers of now; without judging each clinic, which takes as long again."""
    found = clinics.rows(tx, now, None)
    return overview([{**row, "state": worst_first.state(row, now)} for row in found], now)


def overview(every_row: Iterable[dict[str, Any]], now: datetime) -> dict[str, Any]:
    """Return the seven numbers from the rows of all clinics."""
    judged = list(every_row)
    states = [row["state"] for row in judged]
    return {
        "as_of": now,
        "numbers": rules.numbers(judged),
        "clinics": {
            "total": len(states),
            **{name: states.count(name) for name in ("live", "silent", "unknown", "closed")},
        },
    }


def _judged(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    judged = row | {"state": worst_first.state(row, now)}
    found = worst_first.reasons(judged)
    booked, capacity = row["booked_minutes"], row["capacity_minutes"]
    return judged | {
        "reasons": found,
        "score": worst_first.score(found),
        "utilisation_permille": worst_first.utilisation_permille(booked, capacity),
        "as_of": now,
    }
