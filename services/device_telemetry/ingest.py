"""Process device-telemetry-ingest: devices' messages from the broker into the database.

Take, commit, acknowledge, in this order.  Events and statuses go first in every turn, so that an
alarm never waits behind a backlog of readings.  While the database is away nothing is acknowledged
and the broker keeps the rest; a message that fails by itself is set aside, never in the way.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from prometheus_client import Counter, Histogram

from services.device_telemetry.domain import topics
from services.device_telemetry.settings import Settings
from services.device_telemetry.usecases import (
    commands,
    device_events,
    readings,
    set_aside,
    statuses,
)
from services.device_telemetry.usecases.set_aside import Message, Refused
from shared import clock, db, logging, process, settings
from shared.amqp import failures, link
from shared.amqp.intake import LOST, Intake
from shared.amqp.subscription import Delivery
from shared.db import Transaction

LANES = {
    "events": ["telemetry.events"],
    "status": ["telemetry.status"],
    "readings": [f"telemetry.readings.{shard}" for shard in range(4)],
    "unrouted": ["telemetry.unrouted"],
}
EXCHANGE = "amq.topic"
IDLE_S = 0.1
COMMANDS_EVERY_S = 0.2
TRIES_ALONE = 3  # of a message that fails by itself, before it is set aside
RECEIVED = Counter("needlepoint_device_messages_total", "Devices' messages settled", ["lane"])
BROKEN = Counter("needlepoint_device_messages_broken_total", "Set aside after failing here")
TOOK = Histogram("needlepoint_ingest_transaction_seconds", "One transaction of a lane", ["lane"])
log = logging.logger("needlepoint.ingest")

Apply = Callable[[Transaction, Sequence[Message], datetime], None]


def main() -> None:
    """Take in messages until SIGTERM.  Environment: DATABASE_URL, AMQP_URL, INGEST_*."""
    running = process.begin("device_telemetry", "ingest")
    wanted = Settings.from_env()
    db.open_pool(settings.secret("DATABASE_URL"), connections=1)
    backoff = link.Backoff()
    while not running.stopping:
        parameters = link.parameters(
            settings.secret("AMQP_URL"), "device-telemetry-ingest", backoff.failures
        )
        try:
            with Intake(parameters, LANES, prefetch=wanted.prefetch) as intake:
                Ingest(intake, running, most=wanted.batch_messages).work(backoff)
        except LOST as lost:
            if link.is_setup_fault(lost):
                raise
            pause = backoff.fail()
            log.warning("ingest reconnects", reason=type(lost).__name__, retry_in_s=round(pause, 1))
            running.wait(pause)
    db.close_pool()


def set_aside_unrouted(tx: Transaction, messages: Sequence[Message], now: datetime) -> None:
    """Keep what the broker accepted and no queue wanted; a command that nobody heard is no loss."""
    refused = [
        Refused(each, topics.source(each.topic), "unroutable", "No queue takes this topic.")
        for each in messages
        if not (each.topic.startswith("pens.") and each.topic.endswith(".commands"))
    ]
    set_aside.put_all(tx, refused, now)


APPLY: dict[str, Apply] = {
    "events": device_events.hear,
    "status": statuses.hear,
    "readings": readings.store,
    "unrouted": set_aside_unrouted,
}


class Ingest:
    """What the process does while it is connected."""

    def __init__(self, intake: Intake, running: process.Process, *, most: int) -> None:
        """`most` messages go into one transaction."""
        self._intake = intake
        self._running = running
        self._most = most
        self._commands_at = 0.0

    def work(self, backoff: link.Backoff) -> None:
        """Settle deliveries until SIGTERM.  Raises one of LOST."""
        log.info("ingest listens", count=sum(map(len, LANES.values())))
        while not self._running.stopping:
            self._intake.wait(IDLE_S)
            for lane in LANES:
                deliveries = self._intake.take(lane, self._most)
                if deliveries:
                    self._settle(lane, deliveries)
                    self._say_commands()
            if time.monotonic() - self._commands_at >= COMMANDS_EVERY_S:
                self._say_commands()
            self._running.alive()
            backoff.succeed()

    def _settle(self, lane: str, deliveries: Sequence[Delivery]) -> None:
        """Apply and acknowledge all; one at a time when that fails."""
        try:
            self._apply_patiently(lane, APPLY[lane], deliveries)
        except LOST:
            raise
        except Exception:
            if len(deliveries) == 1:
                raise
            for each in deliveries:
                self._settle_alone(lane, each)
            return
        if not self._running.stopping:
            self._done(lane, deliveries)

    def _settle_alone(self, lane: str, delivery: Delivery) -> None:
        """Apply one message; after some tries it is set aside with the reason `failed`."""
        for attempt in range(TRIES_ALONE):
            try:
                self._apply_patiently(lane, APPLY[lane], [delivery])
            except LOST:
                raise
            except Exception as error:  # noqa: BLE001 # whatever it is, it is this message's own
                logging.log_fault(error, attempt=attempt + 1)
                self._intake.breathe(0.1)
            else:
                break
        else:
            BROKEN.inc()
            self._apply_patiently(lane, _give_up, [delivery])
        if not self._running.stopping:
            self._done(lane, [delivery])

    def _apply_patiently(self, lane: str, apply: Apply, deliveries: Sequence[Delivery]) -> None:
        """Apply in one transaction; while the database is unwell wait, acknowledging nothing."""
        messages = [Message(each.routing_key, each.body) for each in deliveries]
        backoff = link.Backoff()
        while not self._running.stopping:
            try:
                with TOOK.labels(lane).time(), db.transaction(db.EVERY_CLINIC) as tx:
                    apply(tx, messages, clock.now())
            except Exception as error:
                if not failures.database_is_unwell(error):
                    raise
                pause = backoff.fail()
                log.warning("ingest waits for the database", retry_in_s=round(pause, 1))
                self._intake.breathe(pause)
            else:
                return

    def _done(self, lane: str, deliveries: Sequence[Delivery]) -> None:
        self._intake.acknowledge_through(lane, deliveries[-1])
        RECEIVED.labels(lane).inc(len(deliveries))

    def _say_commands(self) -> None:
        """Tell devices what is due; again if the commit is lost, for devices know them by id."""
        self._commands_at = time.monotonic()
        try:
            with db.transaction(db.EVERY_CLINIC) as tx:
                commands.say_due(tx, self._say, clock.now())
        except Exception as error:
            if not failures.database_is_unwell(error):
                raise
            log.warning("commands wait for the database", reason=type(error).__name__)

    def _say(self, routing_key: str, body: bytes) -> None:
        self._intake.say(EXCHANGE, routing_key, body)


def _give_up(tx: Transaction, messages: Sequence[Message], now: datetime) -> None:
    refused = [
        Refused(each, topics.source(each.topic), "failed", "Could not be stored; see the log.")
        for each in messages
    ]
    set_aside.put_all(tx, refused, now)


if __name__ == "__main__":
    main()
