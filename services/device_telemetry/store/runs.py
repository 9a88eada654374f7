"""Runs: which boots of a device carried a session's readings, and between which times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


@dataclass(frozen=True, slots=True)
class Part:
    """What newly stored batches add to the run of one session, device and boot.

    Times are t0 of batches; `needling_at` of the last with needles moving in skin, None without.
    """

    session_id: UUID
    device_id: UUID
    boot_id: int
    clinic_id: UUID
    first_t0: datetime
    last_t0: datetime
    batches: int
    samples: int
    needling_at: datetime | None
    depth_max_um: int
    announced: bool  # whether the session is known to be on this device


@dataclass(frozen=True, slots=True)
class Run:
    """Where a session's batches lie: t0 of the first and of the last."""

    device_id: UUID
    boot_id: int
    first_t0: datetime
    last_t0: datetime
    batches: int
    samples: int


def note(tx: Transaction, parts: Sequence[Part], now: datetime) -> None:
    """Add newly stored batches to their runs."""
    if parts:
        columns: dict[str, Any] = {
            name: [getattr(part, name) for part in parts] for name in Part.__slots__
        }
        tx.later(SQL["note"], {**columns, "now": now})


def of_session(tx: Transaction, session_id: UUID) -> list[Run]:
    """Return the runs of a session on its own device; none for one that was not announced."""
    return [Run(**row) for row in tx.all(SQL["of_session"], {"session_id": session_id})]


def announced(tx: Transaction, session_id: UUID, device_id: UUID) -> None:
    """Note that a session is known to be on a device."""
    tx.later(SQL["announced"], {"session_id": session_id, "device_id": device_id})


def unknown(tx: Transaction, now: datetime) -> list[dict[str, Any]]:
    """Return device, clinic, session, value and last_at of needling in unknown sessions."""
    return tx.all(SQL["unknown"], {"now": now})


def forget(tx: Transaction, before: datetime, most: int) -> int:
    """Delete at most so many of the runs that ended before; return how many."""
    return tx.run(SQL["forget"], {"before": before, "most": most})
