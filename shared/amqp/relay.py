"""Process <service>-relay: `python -m shared.amqp.relay` publishes the outbox, in order.

Environment: SERVICE, DATABASE_URL, AMQP_URL, METRICS_PORT, ALIVE_FILE.  One relay of a service is
active, the others stand by.  Rows are deleted in the transaction that claimed them, after the
broker has answered for every one; whatever fails in between publishes again, and the inboxes know.
"""

import time
from collections.abc import Container, Mapping, Sequence

import pika
import psycopg2
from psycopg2 import extensions

from shared import alone, clock, db, housekeeping, logging, process, settings
from shared.amqp import link, metrics, topology
from shared.amqp.publisher import NotConfirmed, Publisher
from shared.amqp.wire import Announcement

SQL = db.queries(__file__)
BATCH = 500
BUSY_S, QUIET_S = 0.02, 0.25  # pause after an empty look: at first, and at most
# A crashed database may remember a published row: it is published again, and the inboxes know.
FORGETFUL = "SET synchronous_commit = off"
MEASURE_EVERY_S, SWEEP_EVERY_S = 5.0, 60.0
log = logging.logger("needlepoint.relay")


def main() -> None:
    """Relay until SIGTERM.  Raises what waiting cannot heal: a wrong password, no permission."""
    service = settings.text("SERVICE")
    running = process.begin(service, "relay")
    backoff = link.Backoff()
    while not running.stopping:
        try:
            _relay(service, running, backoff)
        except (*link.LOST, NotConfirmed, psycopg2.Error) as error:
            if link.is_setup_fault(error):
                raise
            metrics.NOT_CONFIRMED.inc(isinstance(error, NotConfirmed))
            metrics.RECONNECTED.labels(type(error).__name__).inc()
            pause = backoff.fail()
            log.warning("relay reconnects", reason=type(error).__name__, retry_in_s=round(pause, 1))
            running.wait(pause)


def _relay(service: str, running: process.Process, backoff: link.Backoff) -> None:
    """Become the active relay, connect, and publish until something ends."""
    with alone.active(settings.secret("DATABASE_URL"), f"relay:{service}", running) as session:
        if session is None:
            return
        with session.cursor() as cursor:
            _measure(cursor)  # also while the broker is away: that is when somebody must hear of it
        name = f"{topology.wire_name(service)}-relay"
        parameters = link.parameters(settings.secret("AMQP_URL"), name, backoff.failures)
        _declare(parameters)
        publisher = Publisher(parameters)
        log.info("relay publishes")
        try:
            with session.cursor() as cursor:
                cursor.execute(FORGETFUL)
                Relay(cursor, publisher, running).work(backoff)
        finally:
            publisher.close()


def _declare(parameters: pika.URLParameters) -> None:
    with process.deadline(link.DECLARE_S), pika.BlockingConnection(parameters) as connection:
        topology.declare_exchange(connection.channel())


def _measure(cursor: extensions.cursor) -> None:
    cursor.execute(SQL["oldest"])
    row = cursor.fetchone()
    metrics.OUTBOX_AGE.set(row[0] if row else 0)


class Relay:
    """The active relay, while both its connections live."""

    def __init__(
        self, cursor: extensions.cursor, publisher: Publisher, running: process.Process
    ) -> None:
        """`cursor` belongs to the session that holds the lock."""
        self._cursor = cursor
        self.publisher = publisher
        self._running = running
        self._measure_at = self._sweep_at = 0.0

    def work(self, backoff: link.Backoff) -> None:
        """Publish until SIGTERM.  Raises NotConfirmed, AMQPError or psycopg2.Error."""
        pause = BUSY_S
        while not self._running.stopping:
            if self.publisher.blocked:
                self.publisher.idle(QUIET_S)
            elif self.turn():
                pause = BUSY_S
            else:
                self.publisher.idle(pause)
                pause = min(pause * 1.5, QUIET_S)
            self._chores()
            self._running.alive()
            backoff.succeed()

    def turn(self) -> int:
        """Publish one batch; return how many rows it had.  Raises NotConfirmed."""
        self._cursor.execute("BEGIN; " + SQL["claim"], {"most": BATCH})
        batch = [Announcement(*row) for row in self._cursor.fetchall()]
        try:
            failed = self.publisher.publish(batch) if batch else {}
            self._settle(batch, failed)
        except BaseException:
            if not self._cursor.connection.closed:
                self._cursor.execute("ROLLBACK")
            raise
        return len(batch)

    def _settle(self, batch: Sequence[Announcement], failed: Mapping[str, str]) -> None:
        """Delete what the broker has; keep what it has not and all later rows of those subjects."""
        kept = held_back(batch, failed)
        for event_id, error in failed.items():
            self._cursor.execute(SQL["hold_back"], {"id": event_id, "error": error})
            log.error("event not taken", event_id=event_id, error=error)
        gone = [row.position for row in batch if row.position not in kept]
        self._cursor.execute(SQL["delete"] + "COMMIT", {"positions": gone})
        if self._cursor.statusmessage != "COMMIT":
            raise db.CommitLost("The database rolled back what should have been committed.")
        metrics.CONFIRMED.inc(len(gone))
        metrics.RETURNED.inc(len(failed))

    def _chores(self) -> None:
        now = time.monotonic()
        if now >= self._measure_at:
            self._measure_at = now + MEASURE_EVERY_S
            _measure(self._cursor)
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_EVERY_S
            housekeeping.sweep(self._cursor, clock.now())


def held_back(batch: Sequence[Announcement], failed: Container[str]) -> set[int]:
    """Return the positions of what failed and of all that follows it about the same subject."""
    stuck, kept = set(), set()
    for announced in batch:
        if announced.id in failed:
            stuck.add(announced.subject)
        if announced.subject in stuck:
            kept.add(announced.position)
    return kept


if __name__ == "__main__":
    main()
