"""What a process that settles lanes does from its start to SIGTERM."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from prometheus_client import Gauge

from shared import clock, db, logging, process, settings
from shared.amqp import link
from shared.amqp.intake import LOST, Intake
from shared.amqp.settling import Lane, Settling
from shared.db import Transaction

IDLE_S = 0.1
LOOK_EVERY_S = 1.0
LAG = Gauge("needlepoint_device_messages_lag_seconds", "Age of the oldest unsettled", ["lane"])
log = logging.logger("needlepoint.lanes")


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Chore:
    """What is done beside the messages, in a transaction of its own so that none waits for it."""

    is_due: Callable[[], bool]  # asked after each turn: it costs nothing
    do: Callable[[Transaction, datetime], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a process settles: the queues of each lane, and what becomes of their messages."""

    name: str  # shown in the broker's list of connections
    queues: Mapping[str, Sequence[str]]
    lanes: Mapping[str, Lane]
    prefetch: int  # messages of one queue in memory, at most
    most: int  # messages of one transaction, at most
    of_one: int | None = None  # of them from one sender, at most
    mend: Callable[[], None] = _nothing  # before a lane that fails whole is tried again
    after: Callable[[], None] = _nothing  # after each turn in which something was settled
    chore: Chore | None = None  # what is done then, if it is due
    drained: Callable[
        [Transaction, Mapping[str, datetime]], None
    ]  # each second, as far as lanes are stored


def run(plan: Plan, running: process.Process) -> None:
    """Settle until SIGTERM, connecting again as often as it takes.  Environment: AMQP_URL.

    Raises what waiting cannot heal: a wrong password, no permission.
    """
    backoff = link.Backoff()
    known = dict.fromkeys(plan.lanes, clock.now())
    for lane in plan.lanes:
        LAG.labels(lane).set_function(partial(_age_s, known, lane))
    while not running.stopping:
        parameters = link.parameters(settings.secret("AMQP_URL"), plan.name, backoff.failures)
        try:
            intake = Intake(parameters, plan.queues, prefetch=plan.prefetch, of_one=plan.of_one)
            with intake:
                _work(plan, intake, running, backoff, known)
        except LOST as lost:
            if link.is_setup_fault(lost):
                raise
            pause = backoff.fail()
            log.warning("lanes reconnect", reason=type(lost).__name__, retry_in_s=round(pause, 1))
            running.wait(pause)


def _age_s(known: Mapping[str, datetime], lane: str) -> float:
    """Return how old a lane's last good news is when asked: a stuck process sets nothing."""
    return (clock.now() - known[lane]).total_seconds()


def _work(
    plan: Plan,
    intake: Intake,
    running: process.Process,
    backoff: link.Backoff,
    known: dict[str, datetime],
) -> None:
    """Settle deliveries until SIGTERM; `known`: up to when each lane is stored.  Raises LOST."""
    settling = Settling(intake, plan.lanes, running, most=plan.most, mend=plan.mend)
    look_at = 0.0
    log.info("lanes are read", count=sum(map(len, plan.queues.values())))
    while not running.stopping:
        intake.wait(IDLE_S)
        if settling.turn():
            _afterwards(plan)
        elif settling.stuck:  # what waits in memory would have us ask without end
            running.wait(IDLE_S)
        if time.monotonic() >= look_at:
            look_at = time.monotonic() + LOOK_EVERY_S
            drained = settling.drained(clock.now())
            known |= drained
            _note(plan, drained)
        if not settling.stuck:
            running.alive()
        backoff.succeed()


def _afterwards(plan: Plan) -> None:
    try:
        plan.after()
        if plan.chore and plan.chore.is_due():
            with db.transaction(db.EVERY_CLINIC) as tx:
                plan.chore.do(tx, clock.now())
    except Exception as error:  # noqa: BLE001 # what comes in matters more
        logging.log_fault(error)


def _note(plan: Plan, drained: Mapping[str, datetime]) -> None:
    if not drained:
        return
    try:
        with db.transaction(db.EVERY_CLINIC) as tx:
            plan.drained(tx, drained)
    except Exception as error:  # noqa: BLE001 # for others' judgement only: what comes in matters more
        logging.log_fault(error)
