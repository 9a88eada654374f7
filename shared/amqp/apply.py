"""Applying events: each one once, in the order of its subject, its effects in one transaction.

`together` applies many in one transaction and raises what a handler raises; `alone` applies one and
settles its failure; `again` makes the next try of one that failed before.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared import db, logging, trace
from shared.amqp import envelope, failures, inbox, parking, retries
from shared.amqp.parking import Why
from shared.db import Transaction
from shared.events.catalogue import Event

Handler = Callable[[Transaction, Event], None]
Handlers = Mapping[str, Handler]
log = logging.logger("needlepoint.apply")


class Outcome(StrEnum):
    """What became of a delivery."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"  # it came before
    OBSOLETE = "obsolete"  # a later event of its subject was applied; dropped
    HELD = "held"  # waits behind an earlier event of its subject
    RETRIED = "retried"  # failed, will be tried again
    PARKED = "parked"  # waits for a person


def together(
    handlers: Handlers, bodies: Sequence[bytes], now: datetime, keys: Sequence[str] | None = None
) -> list[Outcome]:
    """Apply deliveries in one transaction.  Raises whatever a handler or the database raises.

    `keys` are their routing keys, where they come from the broker: a forged one is parked.
    """
    named: Sequence[str | None] = keys or [None] * len(bodies)
    read = [_read(handlers, body, now, key) for body, key in zip(bodies, named, strict=True)]
    with db.transaction(db.EVERY_CLINIC) as tx:
        batch = _Batch(tx, handlers, now)
        batch.learn([event for event in read if isinstance(event, Event)])
        outcomes = [batch.settle(event, body) for event, body in zip(read, bodies, strict=True)]
        inbox.advance(tx, batch.reached)
    return outcomes


def alone(handlers: Handlers, body: bytes, now: datetime, key: str | None = None) -> Outcome:
    """Apply one delivery; a failure goes to the retries or is parked.

    Raises only what `failures.database_is_unwell` knows: then nothing happened.
    """
    try:
        return together(handlers, [body], now, None if key is None else [key])[0]
    except Exception as error:
        if failures.database_is_unwell(error):
            raise
        return _settle_failure(handlers, body, error, now)


def again(handlers: Handlers, now: datetime) -> Outcome | None:
    """Make the next try that is due; None when none is."""
    with db.transaction(db.EVERY_CLINIC) as tx:
        claim = retries.claim(tx, now)
    if claim is None:
        return None
    try:
        return _try(handlers, claim, now)
    except Exception as error:
        if failures.database_is_unwell(error):
            raise
        return _settle_try(handlers, claim, error, now)


def bury(handlers: Handlers, body: bytes, now: datetime) -> Outcome:
    """Park a message that the broker gave up on, unless it was applied before."""
    read = _read(handlers, body, now)
    event = read if isinstance(read, Event) else None
    why = Why(parking.DEAD_LETTERED, "Its worker ended each time it was delivered.", 0)
    with db.transaction(db.EVERY_CLINIC) as tx:
        event_id = event.id if event else parking.glean(body)["event_id"]
        if not inbox.take_unread(tx, event_id, now):
            return Outcome.DUPLICATE
        parking.add(tx, body, why, now, event)
    return Outcome.PARKED


class _Batch:
    """One transaction of deliveries."""

    def __init__(self, tx: Transaction, handlers: Handlers, now: datetime) -> None:
        self.reached: dict[inbox.Subject, int] = {}
        self._tx = tx
        self._handlers = handlers
        self._now = now
        self._scope = db.EVERY_CLINIC
        self._standing: dict[UUID, inbox.Standing] = {}

    def learn(self, events: Sequence[Event]) -> None:
        """Take the events into the inbox."""
        self._standing = inbox.take(self._tx, events, self._now)

    def settle(self, event: "Event | envelope.Poison", body: bytes) -> Outcome:
        """Apply, hold, drop or park one delivery."""
        if isinstance(event, envelope.Poison):
            return self._park(event, body)
        standing = self._standing.pop(event.id, None)  # taken out: a second copy is a duplicate
        if standing is None:
            return Outcome.DUPLICATE
        subject = (event.source, event.subject)
        if standing.held:
            self._narrow(db.EVERY_CLINIC)
            retries.add(self._tx, event, body, error=None, now=self._now)
            return Outcome.HELD
        if event.sequence <= max(standing.last, self.reached.get(subject, 0)):
            log.warning("event obsolete", event_id=str(event.id), event_type=event.type)
            return Outcome.OBSOLETE
        self._narrow(scope_of(event))
        handle(self._tx, self._handlers, event)
        self.reached[subject] = event.sequence
        return Outcome.APPLIED

    def _park(self, poison: "envelope.Poison", body: bytes) -> Outcome:
        self._narrow(db.EVERY_CLINIC)
        if not inbox.take_unread(self._tx, parking.glean(body)["event_id"], self._now):
            return Outcome.DUPLICATE
        parking.add(self._tx, body, Why(parking.POISON, str(poison)), self._now)
        return Outcome.PARKED

    def _narrow(self, scope: db.Scope) -> None:
        if scope != self._scope:
            self._tx.narrow(scope)
            self._scope = scope


def scope_of(event: Event) -> db.Scope:
    """Return what a handler may see: the event's clinic, or all when it belongs to none."""
    return db.EVERY_CLINIC if event.clinic_id is None else db.Scope(str(event.clinic_id))


def handle(tx: Transaction, handlers: Handlers, event: Event) -> None:
    """Run the handler inside the event's trace."""
    trace.begin(event.traceparent)
    try:
        handlers[event.type](tx, event)
    finally:
        trace.end()


def _read(
    handlers: Handlers, body: bytes, now: datetime, key: str | None = None
) -> "Event | envelope.Poison":
    try:
        event = envelope.read(body, handlers, now)
        if key is not None:
            envelope.require_genuine(event, key)
    except envelope.Poison as poison:
        return poison
    return event


def _settle_failure(handlers: Handlers, body: bytes, error: Exception, now: datetime) -> Outcome:
    """Write down the first failure of a delivery, in a transaction of its own."""
    event = envelope.read(body, handlers, now)  # it was read before it failed
    why = Why(parking.REFUSED, failures.describe(error))
    _report(event, why.error)
    with db.transaction(db.EVERY_CLINIC) as tx:
        if not inbox.take(tx, [event], now):
            return Outcome.DUPLICATE
        if failures.is_final(error):
            parking.add(tx, body, why, now, event)
            return Outcome.PARKED
        retries.add(tx, event, body, error=why.error, now=now)
    return Outcome.RETRIED


def _try(handlers: Handlers, claim: retries.Claim, now: datetime) -> Outcome:
    event = envelope.read(claim.body, handlers, now)
    with db.transaction(db.EVERY_CLINIC) as tx:
        if not retries.finish(tx, claim):
            return Outcome.DUPLICATE
        inbox.advance(tx, {(event.source, event.subject): event.sequence})
        tx.narrow(scope_of(event))
        handle(tx, handlers, event)
    return Outcome.APPLIED


def _settle_try(
    handlers: Handlers, claim: retries.Claim, error: Exception, now: datetime
) -> Outcome:
    """Write down a failed try: the next pause, or the parking."""
    why = _why(claim, error)
    with db.transaction(db.EVERY_CLINIC) as tx:
        if why is None:
            retries.postpone(tx, claim, failures.describe(error), now)
            return Outcome.RETRIED
        if not retries.finish(tx, claim):
            return Outcome.DUPLICATE
        event = _read(handlers, claim.body, now)
        parking.add(tx, claim.body, why, now, event if isinstance(event, Event) else None)
    log.error("event parked", event_id=str(claim.id), reason=why.reason, error=why.error)
    return Outcome.PARKED


def _why(claim: retries.Claim, error: Exception) -> Why | None:
    """Return why a person is needed now, or None when another try may help."""
    if isinstance(error, envelope.Poison):
        return Why(parking.POISON, str(error), claim.tries)
    if failures.is_final(error):
        return Why(parking.REFUSED, failures.describe(error), claim.tries)
    if claim.tries >= retries.TRIES:
        return Why(parking.EXHAUSTED, failures.describe(error), claim.tries)
    return None


def _report(event: Event, error: str) -> None:
    log.warning("event failed", event_id=str(event.id), event_type=event.type, error=error)
