"""Process device-telemetry-ingest: devices' readings from the broker into the database, in bulk.

A backlog of hours is stored here while `listen` stays prompt beside it, so this process is the one
that gives way when both want the processor.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from services.device_telemetry.settings import Settings
from services.device_telemetry.usecases import days, floods, lanes, urgency
from shared import clock, db, process, settings
from shared.amqp import lane_process
from shared.amqp.lane_process import Chore
from shared.amqp.settling import Urgent
from shared.amqp.subscription import Delivery

GIVES_WAY = 5  # nice: an alarm is never later because of a backlog


def main() -> None:
    """Take in readings until SIGTERM.  Environment: DATABASE_URL, AMQP_URL, INGEST_*."""
    running = process.begin("device_telemetry", "ingest")
    os.nice(GIVES_WAY)
    wanted = Settings.from_env()
    floods.allow(wanted.flood_per_s)
    db.open_pool(settings.secret("DATABASE_URL"), connections=1)
    lane_process.run(
        lane_process.Plan(
            name="device-telemetry-ingest",
            queues=lanes.BULK,
            lanes={
                name: replace(lanes.settled(name), urgent=URGENT.get(name)) for name in lanes.BULK
            },
            drained=lanes.note_drained,
            prefetch=wanted.prefetch,
            most=wanted.batch_messages,
            mend=make_days,
            chore=Chore(floods.found, floods.suspend),
        ),
        running,
    )
    db.close_pool()


def in_danger(deliveries: Sequence[Delivery]) -> Mapping[str, int]:
    """Return whose readings show a danger; a transaction of its own, before theirs."""
    with db.transaction(db.EVERY_CLINIC) as tx:
        return urgency.urgent(tx, deliveries)


URGENT: Final[Mapping[str, Urgent]] = {"readings": in_danger}


def make_days() -> None:
    """Make the days that readings need: the timer may have been away for longer than they reach."""
    with db.transaction(db.EVERY_CLINIC) as tx:
        days.make_ahead(tx, clock.now())


if __name__ == "__main__":
    main()
