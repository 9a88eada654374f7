"""Several at once: two workers while one takes over, many writers about one subject."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared import clock, db, ids, outbox
from shared.amqp import apply
from shared.amqp.apply import Outcome
from shared.db import EVERY_CLINIC
from tests.integration.messaging.conftest import DROPS
from tests.integration.messaging.listener import HANDLERS
from tests.messages import NEEDLE_DROPPED, a_message

ROUNDS = 40


def at_once(*calls):
    """Make all calls at the same time and return their answers."""
    with ThreadPoolExecutor(len(calls)) as callers:
        return [future.result() for future in [callers.submit(call) for call in calls]]


@pytest.mark.usefixtures("listening")
def test_two_workers_with_the_same_messages_apply_each_once(admin):
    for round_ in range(ROUNDS):
        subjects = [ids.new() for _ in range(4)]
        bodies = [
            a_message(NEEDLE_DROPPED, {"number": round_}, subject=subjects[number % 4])
            for number in range(20)
        ]
        first, second = at_once(
            *[lambda: apply.together(HANDLERS, bodies, clock.now())] * 2  # noqa: B023 # called here
        )
        assert sorted([first.count(Outcome.APPLIED), second.count(Outcome.APPLIED)]) == [0, 20]
    assert admin.count("web.noted") == ROUNDS * 20
    assert admin.column("SELECT count(DISTINCT event) FROM web.noted") == [ROUNDS * 20]


@pytest.mark.usefixtures("listening")
def test_a_try_that_is_due_is_made_by_one_worker_only(admin):
    with db.transaction(EVERY_CLINIC) as tx:
        for number in range(ROUNDS):
            event_id = ids.new()
            body = a_message(NEEDLE_DROPPED, {"number": number}, id=str(event_id))
            tx.execute(
                "INSERT INTO retries (id, type, source, subject, sequence, body, due_at)"
                " VALUES (%s, 't', '/testing', %s, 1, %s, now())",
                (event_id, ids.new(), body),
            )

    def work():
        outcomes = []
        while outcome := apply.again(HANDLERS, clock.now()):
            outcomes.append(outcome)
        return outcomes

    outcomes = at_once(work, work, work)
    assert sum(map(len, outcomes)) == ROUNDS
    assert admin.column("SELECT count(DISTINCT event) FROM web.noted") == [ROUNDS]
    assert admin.count("web.noted") == ROUNDS


def test_many_writers_about_one_subject_are_numbered_without_gaps_in_outbox_order(admin, dsn):
    subject = ids.new()
    db.open_pool(dsn(DROPS))

    def write():
        for _ in range(ROUNDS):
            with db.transaction() as tx:
                data = {"number": 1}
                outbox.emit(tx, NEEDLE_DROPPED, subject=subject, data=data, clinic_id=None)

    at_once(*[write] * 6)
    db.close_pool()
    sequences = admin.column("SELECT sequence FROM booking.outbox ORDER BY position")
    assert sequences == list(range(1, 6 * ROUNDS + 1))
