"""Rotas of practitioners in PostgreSQL."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.booking.domain.hours import Hours
from services.booking.domain.rotas import Rota
from shared.db import Transaction, queries

SQL = queries(__file__)


def insert(tx: Transaction, rota: Mapping[str, Any]) -> None:
    """Store a new rota; its `hours` as a Rota has them."""
    tx.run(SQL["insert"], _columns(rota))


def update(tx: Transaction, rota: Mapping[str, Any]) -> None:
    """Store a rota whose practitioner is locked; its version grows by one."""
    tx.run(SQL["update"], _columns(rota))


def forget(tx: Transaction, clinic_id: UUID, rota_id: UUID) -> None:
    """Remove a rota whose practitioner is locked."""
    tx.run(SQL["forget"], {"clinic_id": clinic_id, "id": rota_id})


def of(tx: Transaction, clinic_id: UUID, practitioner_id: UUID) -> list[dict[str, Any]]:
    """Return a practitioner's rotas, by when they begin; `hours` as a Rota has them."""
    who = {"clinic_id": clinic_id, "practitioner_id": practitioner_id}
    return [_read(row) for row in tx.all(SQL["of"], who)]


def page(
    tx: Transaction, clinic_id: UUID, practitioner_id: UUID, binds: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return a practitioner's rotas; `binds` hold limit, and begins and id of the row before."""
    who = {"clinic_id": clinic_id, "practitioner_id": practitioner_id}
    return [_read(row) for row in tx.all(SQL["page"], {**who, **binds})]


def standing(tx: Transaction, clinic_id: UUID, *, active_only: bool = False) -> dict[UUID, Rota]:
    """Return the rota without end of each practitioner of a clinic."""
    rows = tx.all(SQL["standing"], {"clinic_id": clinic_id, "active_only": active_only})
    return {
        row["practitioner_id"]: Rota(None, None, row["every_weeks"], weeks(row["hours"]))
        for row in rows
    }


def weeks(stored: list[list[int]]) -> tuple[tuple[int, Hours], ...]:
    """Return hours as a Rota has them."""
    return tuple((week, Hours(weekday, a, b)) for week, weekday, a, b in stored)


def _read(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "hours": weeks(row["hours"])}


def _columns(rota: Mapping[str, Any]) -> dict[str, Any]:
    stored = [[week, each.weekday, each.opens, each.closes] for week, each in rota["hours"]]
    return {**rota, "hours": json.dumps(stored)}
