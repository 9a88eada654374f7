"""The jobs of the timer: all of them run, and each as often as it should."""

from datetime import timedelta

import psycopg2
import pytest

from services.device_telemetry import timer
from services.device_telemetry.clients import broker
from shared import clock, db
from shared.timer import Outside
from tests import people


def test_every_job_of_the_timer_runs_on_a_fleet_at_work(fleet, pen, monkeypatch):
    cut = []
    monkeypatch.setenv("BROKER_MANAGEMENT_URL", "http://nobody:x@127.0.0.1:9")
    monkeypatch.setattr(broker, "disconnect", lambda _url, device_id, _names: cut.append(device_id))
    fleet.end(pen, fleet.session(pen, {8: 650}))
    fleet.http.as_(people.ALICE).post(f"/v1/devices/{pen.id}/credentials", json={})
    for _ in range(2):
        for job in timer.JOBS.values():
            turn(job, clock.now() + timedelta(seconds=2))
    assert cut == [pen.id]


def test_work_that_was_not_committed_is_done_in_the_next_turn_and_other_work_once_an_hour(pen):
    now, fails, seen = clock.now(), [True, False, False], []

    def work(tx, at):
        seen.append(at)
        if fails.pop(0):
            tx.later("SELECT 1 / 0")

    job = timer.every(timedelta(hours=1), work)
    turns = [now + timedelta(minutes=minutes) for minutes in (0, 1, 2, 60, 61)]
    with pytest.raises(psycopg2.errors.DivisionByZero):
        turn(job, turns[0])
    for at in turns[1:]:
        turn(job, at)
    assert seen == [turns[0], turns[1], turns[4]]


def turn(job, now):
    """Run a job of the timer as its process does."""
    if isinstance(job, Outside):
        job.work(now)
        return
    with db.transaction(db.EVERY_CLINIC) as tx:
        job(tx, now)
