"""Where people are employed, in PostgreSQL, as identity told."""

from collections.abc import Sequence
from uuid import UUID

from shared.db import Transaction, queries

SQL = queries(__file__)


def remember(
    tx: Transaction, staff_id: UUID, clinic_ids: Sequence[UUID] | None, *, active: bool
) -> None:
    """Keep where a person is employed; None: at every clinic."""
    clinics = None if clinic_ids is None else list(clinic_ids)
    tx.run(SQL["remember"], {"id": staff_id, "clinic_ids": clinics, "active": active})


def is_elsewhere(tx: Transaction, staff_id: UUID, clinic_id: UUID) -> bool:
    """Say whether a person is known, and not employed at this clinic."""
    found = tx.one(SQL["find"], {"id": staff_id})
    if found is None:
        return False
    here = found["clinic_ids"] is None or clinic_id in found["clinic_ids"]
    return not (found["active"] and here)
