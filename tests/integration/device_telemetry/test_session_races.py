"""Readings that come while their session begins or ends: all judged, all in the summary."""

from datetime import timedelta
from threading import Barrier, Thread

from deploy.devicekit.wire import as_binary
from services.device_telemetry.store import sessions as session_store
from services.device_telemetry.usecases import readings, runs, sessions
from services.device_telemetry.usecases.set_aside import Message
from shared import clock, db, ids
from shared.events.device_telemetry import RunSummarised
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch, arrive
from tests.integration.device_telemetry.test_alarms import on
from tests.integration.device_telemetry.test_limits import CHEEK, deep

ROUNDS = 200
SETTLED = timedelta(seconds=10)


def at_once(*jobs):
    """Do all at the same moment, each in a thread; what one raises fails the test."""
    start, failed = Barrier(len(jobs)), []

    def run(job):
        start.wait()
        try:
            job()
        except Exception as error:  # noqa: BLE001 # a thread's error is the test's
            failed.append(error)

    threads = [Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_readings_that_race_their_sessions_announcement_are_all_judged(fleet, pen, rows, announced):
    at = just_now()
    for number in range(ROUNDS):
        session_id = ids.new()
        boot = number if number % 2 else 1000  # a boot of its own, or one that goes on
        body = deep(at, session_id, boot_id=boot, seq=10 * number)
        at_once(
            lambda body=body: arrive(pen.topic(), [body]),
            lambda session_id=session_id: fleet.session(pen, {CHEEK: 650}, session_id=session_id),
        )
    counted = (
        "SELECT over_limit_n AS n, count(*) AS batches FROM device_telemetry.batches GROUP BY 1"
    )
    assert rows(counted) == [{"n": 10, "batches": ROUNDS}]
    minutes = "SELECT sum(over_limit_samples)::int AS n FROM device_telemetry.minutes"
    assert rows(minutes) == [{"n": 10 * ROUNDS}]
    raised = {
        alarm["session_id"]
        for alarm in announced("alarm_raised")
        if alarm["kind"] == "depth_over_limit"
    }
    assert len(raised) == ROUNDS


def test_readings_that_race_their_sessions_end_are_all_in_the_summary(fleet, pen, announced):
    at, begun = just_now(), []
    for number in range(ROUNDS):
        session_id = fleet.session(pen, {CHEEK: 650})
        boot = number if number % 2 else 1000
        first, last = (
            as_binary(
                a_batch(at, session_id=session_id, boot_id=boot, seq=20 * (number // 2) + more)
            )
            for more in (0, 10)
        )
        arrive(pen.topic(), [first])
        at_once(
            lambda last=last: arrive(pen.topic(), [last]),
            lambda session_id=session_id: fleet.end(pen, session_id),
        )
        begun.append(session_id)
    for _ in range(ROUNDS):
        on(sessions.summarise_due, SETTLED)
    told = {each["session_id"]: each for each in announced("run_summarised")}
    with db.transaction(db.EVERY_CLINIC) as tx:
        for session_id in begun:
            now_true = runs.summary(tx, session_store.find(tx, session_id))
            assert told[str(session_id)] == RunSummarised().dump(now_true)
            assert sum(zone["samples"] for zone in told[str(session_id)]["zones"]) == 20


def test_sessions_and_readings_of_many_devices_never_lock_each_other_out(fleet, rows):
    pens = [fleet.pen() for _ in range(4)]
    at = just_now()
    for number in range(ROUNDS // 4):
        ids_ = [ids.new() for _ in pens]
        bodies = [
            (pen.topic(), deep(at, session_id, boot_id=number, temperature_cc=6000))
            for pen, session_id in zip(pens, ids_, strict=True)
        ]

        def all_at_once(bodies=bodies, *, backwards=False):
            ordered = reversed(bodies) if backwards else bodies
            with db.transaction(db.EVERY_CLINIC) as tx:
                readings.store(tx, [Message(*each) for each in ordered], clock.now())

        def begin_and_end(ids_=ids_):
            for pen, session_id in reversed(list(zip(pens, ids_, strict=True))):
                fleet.session(pen, {CHEEK: 650}, session_id=session_id)
                fleet.end(pen, session_id)

        at_once(all_at_once, begin_and_end, lambda: all_at_once(backwards=True))
    parked = "SELECT count(*)::int AS n FROM device_telemetry.retries"
    assert rows(parked) == [{"n": 0}]
