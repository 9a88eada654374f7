"""What fails by itself is set aside, what fails for all waits: nothing is lost either way."""

from dataclasses import replace
from datetime import timedelta

import psycopg2
import pytest

from deploy.devicekit import wire
from services.device_telemetry.ingest import make_days
from services.device_telemetry.store import batches
from services.device_telemetry.usecases import lanes
from shared import clock, db
from shared.amqp.link import Backoff
from shared.amqp.settling import Settling
from shared.amqp.waiting import Waiting
from shared.process import Process
from tests import databases
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.queue_at_hand import QueueAtHand
from tests.integration.device_telemetry.readings import a_batch

ASIDE = "SELECT reason FROM device_telemetry.set_aside"
STORED = "SELECT seq FROM device_telemetry.batches ORDER BY seq"


@pytest.fixture
def queue(monkeypatch):
    """An empty queue, and no pause before anything is tried again."""
    monkeypatch.setattr(Backoff, "fail", lambda _backoff: 0.0)
    return QueueAtHand()


def put(queue, pen, *seqs):
    for seq in seqs:
        queue.put("readings", pen.topic(), wire.as_binary(a_batch(just_now(), seq=seq, n=10)))


def poisoned(seqs, error=ValueError):
    """Return what stores as usual, but fails when one of these batches is among the others."""
    real = lanes.settled("readings").apply

    def apply(tx, deliveries, now):
        real(tx, deliveries, now)
        if any(_seq(each.body) in seqs for each in deliveries):
            raise error

    return apply


def _seq(body):
    return int.from_bytes(body[8:16], "little")


def stored(rows):
    return [row["seq"] for row in rows(STORED)]


def test_a_message_that_fails_alone_is_set_aside_and_all_others_are_stored(queue, pen, rows):
    put(queue, pen, *range(0, 500, 10))
    settling = queue.settling(apply=poisoned({130, 310}))
    for _ in range(5):
        settling.turn()
    assert stored(rows) == [seq for seq in range(0, 500, 10) if seq not in {130, 310}]
    assert rows(ASIDE) == [{"reason": "failed"}] * 2
    assert queue.unacknowledged == {}
    assert not settling.stuck


def test_what_fails_for_every_message_sets_none_aside_and_heals(queue, pen, rows, admin_dsn):
    put(queue, pen, *range(0, 1000, 10))
    databases.execute(admin_dsn, "ALTER TABLE device_telemetry.streams RENAME covered TO held")
    settling = queue.settling(most=40)
    try:
        for _ in range(50):
            settling.turn()
        assert settling.stuck
        assert len(queue.unacknowledged) + len(queue.queued["readings"]) == 100
    finally:
        databases.execute(admin_dsn, "ALTER TABLE device_telemetry.streams RENAME held TO covered")
    for _ in range(5):
        settling.turn()
    assert stored(rows) == list(range(0, 1000, 10))
    assert rows(ASIDE) == []
    assert queue.unacknowledged == {}
    assert not settling.stuck


def test_a_message_that_fails_where_nothing_else_comes_waits_until_something_does(queue, pen, rows):
    put(queue, pen, 0)
    settling = queue.settling(apply=poisoned({0}))
    for _ in range(10):
        settling.turn()
    assert settling.stuck
    assert rows(ASIDE) == []
    put(queue, pen, 10)
    for _ in range(3):
        settling.turn()
    assert (stored(rows), rows(ASIDE)) == ([10], [{"reason": "failed"}])
    assert not settling.stuck


def test_however_many_fail_what_is_well_is_stored_at_last(queue, pen, rows):
    """Twenty that fail on both sides of one that is well, and the one among them is found."""
    put(queue, pen, *range(0, 410, 10))
    bad = set(range(0, 410, 10)) - {200}
    settling = queue.settling(apply=poisoned(bad))
    for _ in range(400):
        settling.turn()
    assert stored(rows) == [200]
    assert rows(ASIDE) == [{"reason": "failed"}] * len(bad)
    assert queue.unacknowledged == {}


def test_a_missing_day_is_made_and_nothing_is_set_aside(queue, pen, rows):
    with db.transaction(db.EVERY_CLINIC) as tx:
        batches.drop_days(tx, just_now().date() + timedelta(days=2))
    put(queue, pen, 0, 10, 20)
    settling = queue.settling(mend=make_days)
    for _ in range(4):
        settling.turn()
    assert (stored(rows), rows(ASIDE)) == ([0, 10, 20], [])


@pytest.mark.parametrize(
    "error", [psycopg2.errors.DeadlockDetected, psycopg2.errors.SerializationFailure]
)
def test_what_another_transaction_spoilt_is_done_again_whole(queue, pen, rows, error):
    put(queue, pen, *range(0, 100, 10))
    sizes, real = [], lanes.settled("readings").apply

    def apply(tx, deliveries, now):
        sizes.append(len(deliveries))
        real(tx, deliveries, now)
        if len(sizes) == 1:
            raise db_error(error)

    queue.settling(apply=apply).turn()
    assert (sizes, stored(rows)) == ([10, 10], list(range(0, 100, 10)))


def db_error(kind):
    """Return an error as the database itself raises it: with its code."""
    code = {"DeadlockDetected": "40P01", "SerializationFailure": "40001"}[kind.__name__]
    try:
        with db.transaction(db.EVERY_CLINIC) as tx:
            tx.run(f"DO $$ BEGIN RAISE EXCEPTION SQLSTATE '{code}'; END $$")
    except psycopg2.Error as error:
        return error
    raise AssertionError("The database raised nothing.")


def test_a_busy_lane_is_known_up_to_the_moment_whose_messages_are_all_stored(queue, pen):
    at = clock.now()
    put(queue, pen, *range(0, 300, 10))
    settling = queue.settling(most=10)
    assert settling.drained(at) == {}
    for second in (1, 2):
        settling.turn()
        assert settling.drained(at + timedelta(seconds=second)) == {}
        put(queue, pen, 1000 + second * 10)
    settling.turn()
    assert settling.drained(at + timedelta(seconds=3)) == {"readings": at}
    settling.turn()
    assert settling.drained(at + timedelta(seconds=4)) == {"readings": at + timedelta(seconds=4)}


def test_a_busy_lane_is_not_asked_about_until_what_was_there_is_stored(queue, pen, monkeypatch):
    asked, ready = [], queue.ready
    monkeypatch.setattr(queue, "ready", lambda lane: asked.append(lane) or ready(lane))
    put(queue, pen, *range(0, 30, 10))
    settling = queue.settling(most=1)
    settling.drained(clock.now())
    for _ in range(2):
        settling.turn()
        settling.drained(clock.now())
    assert asked == ["readings"]
    settling.turn()
    settling.drained(clock.now())
    assert asked == ["readings"] * 2


def test_a_lane_that_somebody_else_emptied_is_known_to_be_empty_soon(queue, pen):
    put(queue, pen, 0, 10)
    settling = queue.settling()
    settling.drained(clock.now())
    queue.queued["readings"].take(2)
    at = clock.now()
    assert {"readings": at} in [settling.drained(at) for _ in range(10)]


def test_a_lane_is_known_only_up_to_what_one_sender_still_has_waiting(fleet, pen):
    """Of the other pen later ones are stored by then, and as many as had been there before."""
    queue, other, at = QueueAtHand(of_one=2), fleet.pen(), clock.now()
    put(queue, pen, *range(0, 60, 10))
    settling = queue.settling()
    assert settling.drained(at) == {}
    for second in range(2):
        put(queue, other, 1000 + 20 * second, 1010 + 20 * second)
        settling.turn()
        assert settling.drained(at + timedelta(seconds=second)) == {}
    put(queue, other, 2000, 2010, 2020)
    settling.turn()
    assert settling.drained(at + timedelta(minutes=1)) == {"readings": at}


def test_what_failed_before_is_acknowledged_without_what_was_not_stored_yet(
    fleet, pen, rows, queue
):
    """The other pen's batch was taken before older ones, and failed."""
    queue.queued["readings"] = Waiting(of_one=2)
    other = fleet.pen()
    put(queue, pen, *range(0, 80, 10))
    put(queue, other, 1000)
    settling = queue.settling(apply=poisoned({1000}))
    while queue.queued["readings"] or queue.unacknowledged:
        settling.turn()
    assert stored(rows) == list(range(0, 80, 10))
    assert rows(ASIDE) == [{"reason": "failed"}]


def test_a_fault_in_looking_at_what_came_keeps_nothing_from_being_stored(queue, pen, rows):
    def look(_news):
        raise ValueError

    put(queue, pen, 0, 10)
    real = lanes.settled("readings")
    settling = Settling(queue, {"readings": replace(real, look=look)}, Process(), most=10)
    assert settling.turn()
    assert (stored(rows), queue.unacknowledged) == ([0, 10], {})
