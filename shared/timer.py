"""Process <service>-timer: work that falls due, one active timer a service.

Each job runs in a transaction of its own whose scope is every clinic.  A job that fails is logged
and runs again in the next turn; it never keeps the others from running.  Two timers overlap only
for the moments in which one loses its database session, so a job claims its rows by locks.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import psycopg2
from prometheus_client import Counter, Gauge
from psycopg2 import extensions

from shared import alone, clock, db, housekeeping, logging, process, settings, trace
from shared.db import Transaction

Job = Callable[[Transaction, datetime], object]


@dataclass(frozen=True, slots=True)
class Outside:
    """A job that opens its own transactions, and none while it asks somebody outside."""

    work: Callable[[datetime], object]


SWEEP_EVERY_S = 60.0
RECONNECT_S = 2.0
# "task", for Prometheus calls the process that it asks "job"
RUNS = Counter(
    "needlepoint_timer_runs_total", "Runs of a job, by what came of it", ["task", "state"]
)
LAST_GOOD = Gauge("needlepoint_timer_last_success_seconds", "When a job last went well", ["task"])
log = logging.logger("needlepoint.timer")


def run(service: str, jobs: Mapping[str, Job | Outside], every_s: float = 5) -> None:
    """Run each job every `every_s` seconds until SIGTERM, while we are the active timer.

    Environment: DATABASE_URL, METRICS_PORT, ALIVE_FILE.  A job that returns True has more to do and
    runs again at once, after the others had their turn.
    """
    running = process.begin(service, "timer")
    dsn = settings.secret("DATABASE_URL")
    db.open_pool(dsn, connections=2)
    while not running.stopping:
        try:
            with alone.active(dsn, f"timer:{service}", running) as session:
                if session is not None:
                    log.info("timer is active", count=len(jobs))
                    _work(session, jobs, every_s, running)
        except (psycopg2.Error, db.DatabaseGone) as gone:
            log.warning("timer reconnects", reason=type(gone).__name__, retry_in_s=RECONNECT_S)
            running.wait(RECONNECT_S)
    db.close_pool()


def _work(
    session: extensions.connection,
    jobs: Mapping[str, Job | Outside],
    every_s: float,
    running: process.Process,
) -> None:
    """Take turns until SIGTERM.  Raises psycopg2.Error when the session with the lock is lost."""
    sweep_at = 0.0
    while not running.stopping:
        began = time.monotonic()
        more = [_run(name, job, running) for name, job in jobs.items()]
        if began >= sweep_at:
            sweep_at = began + SWEEP_EVERY_S
            _run("housekeeping", housekeeping.sweep, running)
        with session.cursor() as cursor:
            cursor.execute("SELECT 1")  # still ours, or an error
        running.alive()
        if not any(more):
            running.wait(max(0.0, began + every_s - time.monotonic()))


def _run(name: str, job: Job | Outside, running: process.Process) -> bool:
    """Run one job in its transaction; say whether it asked to run again at once."""
    if running.stopping:
        return False
    trace.begin()
    try:
        if isinstance(job, Outside):
            more = job.work(clock.now()) is True
        else:
            with db.transaction(db.EVERY_CLINIC) as tx:
                more = job(tx, clock.now()) is True
    except Exception:  # a job's fault is that job's: it is logged, tried again
        RUNS.labels(name, "failed").inc()
        log.exception("job failed", job=name)
        return False
    finally:
        trace.end()
    RUNS.labels(name, "done").inc()
    LAST_GOOD.labels(name).set_to_current_time()
    return more
