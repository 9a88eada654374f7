"""A timer as a process: one is active, its jobs are on their own, and it ends when told to."""

import pytest

from shared import clock, db, housekeeping, ids
from tests import messages
from tests.integration.messaging.conftest import NOTES
from tests.patience import until


@pytest.fixture
def timer(dsn, tmp_path):
    started = []

    def start():
        log = tmp_path / "timer.log"
        module = "tests.integration.messaging.ticker"
        started.append(messages.start(module, log=log, DATABASE_URL=dsn(NOTES)))
        return started[-1]

    yield start
    alive = [running for running in started if running.poll() is None]
    assert [messages.end(running) for running in alive] == [0] * len(alive)


def ticks(admin):
    return admin.count("web.noted", "number = 1")


def test_jobs_run_again_and_again_though_another_fails(admin, timer):
    timer()
    until(lambda: ticks(admin) >= 3, what="three turns")
    assert admin.count("web.noted", "number = 2") == 0  # what the failing job wrote is undone


def test_a_job_with_more_to_do_runs_again_at_once(admin, timer):
    timer()
    until(lambda: admin.count("web.noted", "number = 3") == 5, what="five pieces of work")


def test_one_timer_works_and_another_takes_over(admin, timer):
    first = timer()
    until(lambda: ticks(admin) > 0, what="a turn")
    second = timer()
    until(lambda: ticks(admin) > 5, what="more turns")
    worked = "SELECT DISTINCT process FROM web.noted"
    assert admin.column(worked) == [first.pid]
    first.kill()
    first.wait()
    until(lambda: second.pid in admin.column(worked), what="the second timer")


def test_a_timer_whose_session_is_lost_stands_in_line_again(admin, timer):
    running = timer()
    until(lambda: ticks(admin) > 0, what="a turn")
    admin.all(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE usename = 'web_app' AND datname = current_database()"
    )
    before = ticks(admin)
    until(lambda: ticks(admin) > before + 2, what="turns after the loss")
    assert running.poll() is None


def test_old_ids_and_answers_are_forgotten_and_young_ones_kept(dsn, database):
    db.open_pool(dsn(NOTES))
    old, young = ids.new(), ids.new()
    with db.transaction() as tx:
        for event_id, age in ((old, "36 days"), (young, "34 days")):
            tx.execute("INSERT INTO inbox VALUES (%s, now() - %s::interval)", (event_id, age))
        for key, age in (("old", "25 hours"), ("young", "23 hours")):
            tx.execute(
                "INSERT INTO idempotency_keys (principal, route, key, fingerprint, created_at)"
                " VALUES ('bob', 'POST /', %s, '', now() - %s::interval)",
                (key, age),
            )
        assert housekeeping.sweep(tx, clock.now()) == {"inbox": 1, "answers": 1}
        assert tx.one("SELECT id FROM inbox") == {"id": young}
        assert tx.one("SELECT key FROM idempotency_keys") == {"key": "young"}
    db.close_pool()
