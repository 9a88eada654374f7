"""Deliveries of many lanes into the database: take, commit, acknowledge, in this order.

What the database cannot take now waits with the broker.  A message that fails by itself is given up
in the end, never in the way of others; but only when others of its lane went well since, for what
fails for every message is our fault, and heals without losing one.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram

from shared import clock, db, logging, process
from shared.amqp import failures, link
from shared.amqp.intake import LOST, Intake
from shared.amqp.subscription import Delivery
from shared.db import Transaction

TRIES = 3  # of a message that fails alone, before it is given up
TRIES_OF_OURS = 30  # when the error speaks of our tables, not of the message
MOST_SUSPECTS = 8  # that fail in one pass while none goes well: then it is no message's own fault
LOOKS_UNASKED = 4  # while what was marked is under way: the broker's answer holds everything up
AT_ONCE = 2  # repetitions of what another transaction spoilt
RECEIVED = Counter("needlepoint_device_messages_total", "Devices' messages settled", ["lane"])
BROKEN = Counter("needlepoint_device_messages_broken_total", "Set aside after failing here")
HELD = Gauge("needlepoint_device_messages_held", "Failing, to be tried again", ["lane"])
TOOK = Histogram("needlepoint_ingest_transaction_seconds", "One transaction of a lane", ["lane"])
log = logging.logger("needlepoint.settling")

Apply = Callable[[Transaction, Sequence[Delivery], datetime], None]
Look = Callable[[Sequence[Delivery]], None]
Urgent = Callable[[Sequence[Delivery]], Mapping[str, int]]


def _nothing(_news: Sequence[Delivery]) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Lane:
    """What becomes of a lane's messages; a lost commit lets either happen again."""

    apply: Apply
    give_up: Apply  # keeps messages that fail, so that they can be acknowledged
    look: Look = _nothing  # sees them before, when they come
    # where more have come than one transaction takes: by routing key, who goes first, to which tag
    urgent: Urgent | None = None


@dataclass(slots=True)
class _Suspect:
    """A delivery that failed; `well_before` others had gone well in its lane by then."""

    delivery: Delivery
    well_before: int
    tries: int = 0
    ours: bool = False

    @property
    def tried_enough(self) -> bool:
        return self.tries >= (TRIES_OF_OURS if self.ours else TRIES)


@dataclass(slots=True)
class _State:
    """Where a lane stands."""

    suspects: dict[int, _Suspect] = field(default_factory=dict)  # by delivery tag
    well: int = 0
    mark: tuple[datetime, int] | None = None  # a moment, and the tag of the last that was there
    unasked: int = 0  # looks since the broker was asked
    passes: int = 0
    failed: int = 0  # in this pass
    stuck: bool = False
    again_at: float = 0.0
    backoff: link.Backoff = field(default_factory=link.Backoff)


class Settling:
    """Settles what an intake brings, the first lane first."""

    def __init__(
        self,
        intake: Intake,
        lanes: Mapping[str, Lane],
        running: process.Process,
        *,
        most: int,
        mend: Callable[[], None] = lambda: None,
    ) -> None:
        """`most` messages go into one transaction; `mend` runs before a stuck lane is tried."""
        self._intake = intake
        self._lanes = lanes
        self._running = running
        self._most = most
        self._mend = mend
        self._states = {name: _State() for name in lanes}

    @property
    def stuck(self) -> bool:
        """Say whether some lane fails for every message."""
        return any(state.stuck for state in self._states.values())

    def drained(self, now: datetime) -> dict[str, datetime]:
        """Return the moment up to which each lane's messages are stored, as far as is known.

        Asks the broker what it keeps: for every second or so.  Raises one of LOST.  A busy lane is
        never empty, so the last of what there is at one moment is marked, and awaited.
        """
        known = {}
        for name, state in self._states.items():
            if state.mark and not self._is_past(name, state) and state.unasked < LOOKS_UNASKED:
                state.unasked += 1
                continue
            state.unasked = 0
            ready = self._intake.ready(name)
            if not ready and self._oldest(name, state) is None:
                state.mark, known[name] = None, now
                continue
            if state.mark and self._is_past(name, state):
                known[name], state.mark = state.mark[0], None
            if state.mark is None:
                state.mark = now, self._intake.newest(name) + ready
        return known

    def _is_past(self, name: str, state: _State) -> bool:
        """Say whether everything up to the mark has come and is settled."""
        if state.mark is None or self._intake.newest(name) < state.mark[1]:
            return False
        oldest = self._oldest(name, state)
        return oldest is None or oldest > state.mark[1]

    def _oldest(self, name: str, state: _State) -> int | None:
        """Return the lowest tag that is not settled, between turns."""
        waiting = self._intake.oldest(name)
        return min([*state.suspects, *([] if waiting is None else [waiting])], default=None)

    def turn(self) -> bool:
        """Give every lane one turn; say whether something went well.  Raises one of LOST."""
        before = sum(state.well for state in self._states.values())
        for name, state in self._states.items():
            self._look(name)
            self._turn(name, state)
        return sum(state.well for state in self._states.values()) > before

    def _look(self, name: str) -> None:
        """Show what has come, and let go first what cannot wait for all that is before it."""
        if not (news := self._intake.news(name)):
            return
        lane = self._lanes[name]
        try:
            lane.look(news)
            if lane.urgent and self._intake.waiting(name) > self._most:
                self._intake.prefer(name, lane.urgent(news))
        except Exception as error:  # noqa: BLE001 # what comes in matters more
            logging.log_fault(error)

    def _turn(self, name: str, state: _State) -> None:
        """Try again what failed before, when its time has come, and take what is new."""
        suspects = [suspect.delivery for suspect in state.suspects.values()]
        due = bool(suspects) and time.monotonic() >= state.again_at
        if state.stuck:
            if due:  # else the broker keeps the rest
                self._mend_quietly()
                self._pass(name, state, suspects + self._intake.take(name, self._most))
            return
        if due:
            self._pass(name, state, suspects)
        if fresh := self._intake.take(name, self._most):  # none is open while suspects are settled
            self._pass(name, state, fresh)

    def _mend_quietly(self) -> None:
        try:
            self._mend()
        except Exception as error:  # noqa: BLE001 # it is tried again with the lane
            logging.log_fault(error)

    def _pass(self, name: str, state: _State, deliveries: Sequence[Delivery]) -> None:
        """Apply as many as possible, then decide about those that failed."""
        before, state.failed = state.well, 0
        self._explore(name, state, deliveries, before, 0)
        if self._running.stopping:
            return
        for suspect in list(state.suspects.values()):
            if suspect.tried_enough and state.well > suspect.well_before:
                self._give_up(name, state, suspect.delivery)
        state.passes += 1
        left = state.suspects.values()
        state.stuck = any(suspect.well_before == state.well for suspect in left)
        HELD.labels(name).set(len(left))
        if not left:
            state.backoff.succeed()
            return
        pause = state.backoff.fail()
        state.again_at = time.monotonic() + pause
        if state.stuck:
            log.error("lane is stuck", queue=name, count=len(left), retry_in_s=round(pause, 1))

    def _explore(
        self, name: str, state: _State, deliveries: Sequence[Delivery], before: int, depth: int
    ) -> None:
        """Apply all in one transaction, or each half; note what fails alone.

        Which half goes first changes from pass to pass, so that what is well is found at last
        however much of it fails.
        """
        try:
            if self._apply(name, self._lanes[name].apply, deliveries):
                self._went_well(name, state, deliveries, whole=depth == 0)
        except LOST:
            raise
        except Exception as error:  # noqa: BLE001 # whatever it is, the messages are kept
            state.failed += len(deliveries) == 1
            hopeless = state.failed >= MOST_SUSPECTS and state.well == before
            if len(deliveries) == 1 or hopeless:
                logging.log_fault(error, count=len(deliveries))
                for delivery in deliveries:
                    _suspect(state, delivery, before, error, tried=len(deliveries) == 1)
                return
            middle = len(deliveries) // 2
            halves = [deliveries[:middle], deliveries[middle:]]
            for half in reversed(halves) if state.passes >> depth & 1 else halves:
                self._explore(name, state, half, before, depth + 1)

    def _went_well(
        self, name: str, state: _State, deliveries: Sequence[Delivery], *, whole: bool
    ) -> None:
        """Acknowledge what is committed."""
        for delivery in deliveries:
            state.suspects.pop(delivery.tag, None)
        if whole and not state.suspects:
            self._intake.acknowledge_all(name, deliveries)
        else:
            for delivery in deliveries:
                self._intake.acknowledge(name, delivery)
        state.well += len(deliveries)
        RECEIVED.labels(name).inc(len(deliveries))

    def _give_up(self, name: str, state: _State, delivery: Delivery) -> None:
        """Keep a message elsewhere: it alone fails, again and again."""
        if self._apply(name, self._lanes[name].give_up, [delivery]):
            BROKEN.inc()
            del state.suspects[delivery.tag]
            self._intake.acknowledge(name, delivery)
            RECEIVED.labels(name).inc()

    def _apply(self, name: str, apply: Apply, deliveries: Sequence[Delivery]) -> bool:
        """Apply in one transaction; while the database is unwell wait, acknowledging nothing.

        What another transaction spoilt is repeated.  Return False when we are to stop instead.
        """
        backoff, repetitions = link.Backoff(), 0
        while not self._running.stopping:
            try:
                with TOOK.labels(name).time(), db.transaction(db.EVERY_CLINIC) as tx:
                    apply(tx, deliveries, clock.now())
            except Exception as error:
                if failures.is_passing(error) and repetitions < AT_ONCE:
                    repetitions += 1
                    self._intake.breathe()
                elif failures.database_is_unwell(error):
                    pause = backoff.fail()
                    log.warning(
                        "lane waits for the database", queue=name, retry_in_s=round(pause, 1)
                    )
                    self._intake.breathe(pause)
                else:
                    raise
            else:
                return not self._running.stopping
        return False


def _suspect(
    state: _State, delivery: Delivery, before: int, error: BaseException, *, tried: bool
) -> None:
    found = state.suspects.setdefault(delivery.tag, _Suspect(delivery, before))
    found.tries += tried
    found.ours = failures.is_ours(error)
