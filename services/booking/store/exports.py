"""Parts of a clinic's tables, to be written to files."""

from collections.abc import Mapping
from typing import Any

from shared.db import Transaction, queries

SQL = queries(__file__)


def appointments(tx: Transaction, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a part of a clinic's appointments by time.

    `wanted` holds clinic_id, starts_from, starts_until, statuses, limit, and after_starts_at and
    after_id of the row before.
    """
    return tx.all(SQL["appointments"], wanted)


def rotas(tx: Transaction, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a part of a clinic's rotas by practitioner; hours as in the store of rotas.

    `wanted` holds clinic_id, first, last, limit, and after_practitioner_id and after_id of the row
    before.
    """
    return tx.all(SQL["rotas"], wanted)
