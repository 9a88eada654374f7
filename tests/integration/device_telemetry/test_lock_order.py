"""Whoever has several devices in hand holds them first, and in order."""

from datetime import timedelta

import pytest
from psycopg2.errors import LockNotAvailable

from deploy.devicekit.wire import as_binary
from services.device_telemetry.domain.alarms import GAP_OPEN
from services.device_telemetry.store import devices
from services.device_telemetry.usecases import sessions, statuses
from shared import clock, db, ids
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch, arrive

KINDS = "SELECT kind FROM device_telemetry.alarms"


@pytest.mark.parametrize(
    ("job", "kind", "later"),
    [
        (sessions.sweep_unknown, "no_session", timedelta(minutes=1)),
        (statuses.sweep_gaps, "gap_open", 2 * GAP_OPEN),
    ],
)
def test_alarms_of_several_devices_wait_for_who_has_one_of_them_in_hand(
    pen, rows, job, kind, later
):
    unknown = {"session_id": ids.new(), "boot_id": 5}
    bodies = [as_binary(a_batch(just_now(), seq=seq, **unknown)) for seq in (0, 50)]
    arrive(pen.topic(), bodies)
    now = clock.now() + later
    with db.transaction(db.EVERY_CLINIC) as tx:
        devices.hold(tx, [pen.id])
        with pytest.raises(LockNotAvailable), db.transaction(db.EVERY_CLINIC) as other:
            other.run("SET LOCAL lock_timeout = '200ms'")
            job(other, now)
    assert kind not in [row["kind"] for row in rows(KINDS)]
    with db.transaction(db.EVERY_CLINIC) as tx:
        job(tx, now)
    assert kind in [row["kind"] for row in rows(KINDS)]
