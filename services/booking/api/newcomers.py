"""Waiting a moment for the news of a client who was registered just now."""

import time
from uuid import UUID

from services.booking.domain import clients
from services.booking.usecases import sessions
from shared import clock
from shared.db import Transaction
from shared.seats import Seats

WAIT_FOR_CLIENT_S = 2.0  # the news of a client registered a moment ago may still be on its way
_LOOK_AGAIN_S = 0.05
WAITING = Seats(4)  # half of the connections: ids made up a moment ago must not take them all


def wait_for(tx: Transaction, clinic_id: UUID, client_id: UUID) -> None:
    """Give the news of a client who was registered this moment some time to arrive.

    Only an id made in the last seconds (UUID version 7) is worth waiting for, and only while few
    wait already.
    """
    if not clients.registered_just_now(client_id, clock.now()):
        return
    if sessions.client_known(tx, clinic_id, client_id):
        return
    with WAITING.one() as seated:
        ends = time.monotonic() + (WAIT_FOR_CLIENT_S if seated else 0)
        while time.monotonic() < ends and not sessions.client_known(tx, clinic_id, client_id):
            time.sleep(_LOOK_AGAIN_S)
