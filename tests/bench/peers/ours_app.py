"""Our own announcing side: the business row and its event in one transaction."""

import os
from uuid import UUID

from shared import db, outbox
from tests.bench.peers.ours_worker import NAME, know_the_event

FACT = "INSERT INTO booking.facts (id, number) VALUES (%(id)s, %(number)s)"
know_the_event()
db.open_pool(os.environ["DATABASE_URL"], connections=1)


def announce(subject, number):
    data = {"number": number, "zone": 8, "depth_um": 500, "note": "as planned"}
    with db.transaction() as tx:
        event_id = outbox.emit(tx, NAME, subject=UUID(subject), data=data, clinic_id=None)
        tx.execute(FACT, {"id": event_id, "number": number})
