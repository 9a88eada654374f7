"""Process <service>-worker: takes the service's events from its queue and applies them.

Read, commit, acknowledge, in this order: what is acknowledged has happened, and what is delivered
again is recognised by the inbox.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence

import psycopg2
from pika.adapters.blocking_connection import BlockingChannel

from shared import clock, db, housekeeping, logging, process, settings
from shared.amqp import apply, bindings, failures, link, metrics, parking, retries, topology
from shared.amqp.apply import Handlers, Outcome
from shared.amqp.subscription import Delivery, QueueGone, Subscription

BATCH = 250  # events in one transaction, at most; a lone one does not wait
IDLE_S = 0.25
SUSPECT = 2  # a message that came back so often is applied alone: others may not suffer for it
TRIES_A_TURN = 20
RETRY_EVERY_S, DRAIN_EVERY_S, MEASURE_EVERY_S, SWEEP_EVERY_S = 1.0, 5.0, 15.0, 60.0
log = logging.logger("needlepoint.consumer")


def run(service: str, handlers: Handlers) -> None:
    """Consume until SIGTERM.  Environment: DATABASE_URL, AMQP_URL, METRICS_PORT, ALIVE_FILE.

    Raises only what waiting cannot heal: a wrong password, a queue declared otherwise.
    """
    running = process.begin(service, "worker")
    db.open_pool(settings.secret("DATABASE_URL"), connections=2)
    backoff = link.Backoff()
    while not running.stopping:
        try:
            with _subscribe(service, handlers, backoff.failures) as subscription:
                Worker(service, handlers, subscription, running).work(backoff)
        except (*link.LOST, QueueGone, psycopg2.Error, db.DatabaseGone) as error:
            if link.is_setup_fault(error):
                raise
            _wait(running, backoff, "worker reconnects", error)
    db.close_pool()


def receive(service: str, handlers: Handlers, body: bytes) -> Outcome:
    """Apply one message at once, the way the worker does: for tests and for messages in hand.

    Needs an open pool.  Raises only when the database does not answer; a handler's failure is
    written to the retries or parked, as the outcome says.
    """
    outcome = apply.alone(handlers, body, clock.now())
    log.debug("event received", service=service, state=outcome)
    return outcome


def _subscribe(service: str, handlers: Handlers, attempt: int) -> Subscription:
    """Connect, and bind the queue to exactly the types that have a handler."""

    def declare(channel: BlockingChannel) -> None:
        topology.declare(channel, service, handlers)
        with db.transaction() as tx:
            topology.unbind(channel, service, bindings.replace(tx, handlers))

    name = f"{topology.wire_name(service)}-worker"
    parameters = link.parameters(settings.secret("AMQP_URL"), name, attempt)
    with process.deadline(link.DECLARE_S):
        return Subscription(parameters, topology.queue(service), declare)


def _wait(running: process.Process, backoff: link.Backoff, what: str, error: Exception) -> None:
    """Count, say why, and wait before the next try."""
    cause = type(error).__name__
    metrics.RECONNECTED.labels(cause).inc()
    pause = backoff.fail()
    log.warning(what, reason=cause, retry_in_s=round(pause, 1))
    running.wait(pause)


class Worker:
    """What a worker does while it is connected."""

    def __init__(
        self,
        service: str,
        handlers: Handlers,
        subscription: Subscription,
        running: process.Process,
    ) -> None:
        """Due chores come every so many seconds, between two batches."""
        self._service = service
        self._handlers = handlers
        self._subscription = subscription
        self._running = running
        self._chores: list[tuple[float, Callable[[], None]]] = [
            (RETRY_EVERY_S, self._retry),
            (DRAIN_EVERY_S, self._drain_dead_letters),
            (MEASURE_EVERY_S, self._measure),
            (SWEEP_EVERY_S, self._sweep),
        ]
        self._due = [time.monotonic() for _ in self._chores]

    def work(self, backoff: link.Backoff) -> None:
        """Apply deliveries until SIGTERM.  Raises QueueGone or AMQPError."""
        log.info("worker listens", queue=topology.queue(self._service))
        while not self._running.stopping:
            deliveries = self._subscription.gather(IDLE_S)
            for start in range(0, len(deliveries), BATCH):
                self._settle(deliveries[start : start + BATCH])
            self._do_chores()
            self._running.alive()
            backoff.succeed()

    def _settle(self, deliveries: Sequence[Delivery]) -> None:
        """Apply, then acknowledge; while the database is away, keep both the batch and the queue.

        To leave the queue would let another worker overtake us, and each return of a message
        counts against its delivery limit.
        """
        backoff = link.Backoff()
        while not self._running.stopping:
            try:
                outcomes = self._apply(deliveries)
            except Exception as error:
                if not failures.database_is_unwell(error):
                    raise
                _wait(self._running, backoff, "worker waits for the database", error)
                self._subscription.breathe()
                continue
            for outcome, count in Counter(outcomes).items():
                metrics.RECEIVED.labels(outcome).inc(count)
            self._subscription.acknowledge_through(deliveries[-1])
            return

    def _apply(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """Apply all in one transaction, or one at a time when that fails."""
        if len(deliveries) == 1 or any(delivery.returned >= SUSPECT for delivery in deliveries):
            return [self._apply_alone(delivery) for delivery in deliveries]
        try:
            return apply.together(
                self._handlers,
                [delivery.body for delivery in deliveries],
                clock.now(),
                [delivery.routing_key for delivery in deliveries],
            )
        except Exception as error:
            if failures.database_is_unwell(error):
                raise
            return [self._apply_alone(delivery) for delivery in deliveries]

    def _apply_alone(self, delivery: Delivery) -> Outcome:
        outcome = apply.alone(self._handlers, delivery.body, clock.now(), delivery.routing_key)
        self._subscription.breathe()
        return outcome

    def _do_chores(self) -> None:
        now = time.monotonic()
        for number, (every_s, chore) in enumerate(self._chores):
            if now >= self._due[number]:
                self._due[number] = now + every_s
                try:
                    chore()
                except Exception as error:
                    if not failures.database_is_unwell(error):
                        raise
                    log.warning("chore waits for the database", reason=type(error).__name__)

    def _retry(self) -> None:
        """Make the tries that are due."""
        for _ in range(TRIES_A_TURN):
            outcome = apply.again(self._handlers, clock.now())
            if outcome is None:
                return
            metrics.RECEIVED.labels(outcome).inc()
            self._subscription.breathe()

    def _drain_dead_letters(self) -> None:
        """Park what the broker gave up on: one place for a person to look."""
        with self._subscription.aside(topology.dead_queue(self._service)) as letters:
            for body in letters:
                outcome = apply.bury(self._handlers, body, clock.now())
                metrics.RECEIVED.labels(outcome).inc()

    def _measure(self) -> None:
        with db.transaction(db.EVERY_CLINIC) as tx:
            metrics.RETRYING.set(retries.waiting(tx))
            metrics.PARKED.set(parking.waiting(tx))

    def _sweep(self) -> None:
        with db.transaction(db.EVERY_CLINIC) as tx:
            housekeeping.sweep(tx, clock.now())
