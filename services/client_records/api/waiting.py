"""What booking did a moment ago may still be on its way to us: look again before saying no."""

import time
from collections.abc import Collection
from uuid import UUID

from services.client_records.domain.sessions import AppointmentUnknown
from services.client_records.store import projections
from shared.db import Transaction
from shared.seats import Seats

WAIT_S = 1.5
_LOOK_AGAIN_S = 0.05
_waiting = Seats(4)  # half of the connections: ids that nobody knows must not take them all
_OVER = frozenset({"completed", "cancelled", "missed"})  # no later news makes it come true


def for_appointment(
    tx: Transaction, appointment_id: UUID | None, statuses: Collection[str] = ()
) -> None:
    """Wait until an appointment is known, and in one of `statuses` if any; for WAIT_S at most.

    One that is over is not waited for, and nothing while many wait already.
    """
    if appointment_id is None:
        return
    if _is_there(tx, appointment_id, statuses):
        return
    with _waiting.one() as seated:
        end = time.monotonic() + (WAIT_S if seated else 0)
        while time.monotonic() < end and not _is_there(tx, appointment_id, statuses):
            time.sleep(_LOOK_AGAIN_S)


def _is_there(tx: Transaction, appointment_id: UUID, statuses: Collection[str]) -> bool:
    try:
        found = projections.appointment(tx, appointment_id)
    except AppointmentUnknown:
        return False
    return not statuses or found.status in _OVER.union(statuses)
