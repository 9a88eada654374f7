"""Two ingest processes that get the same readings at the same moment store them once."""

import random
import threading
from functools import partial

import pytest

from deploy.devicekit.wire import as_binary, as_json
from services.device_telemetry.usecases.set_aside import Message
from tests.integration.device_telemetry.test_any_order import (
    ANNOUNCED,
    BATCHES,
    CHEEK,
    Step,
    bring,
    content,
    empty,
    play,
    recorded,
    two_pens,
)

ROUNDS = 15


@pytest.fixture
def writers():
    """writers(*works): run each in a thread of its own, all beginning at once."""

    def run(*works):
        ready, failed = threading.Barrier(len(works)), []

        def one(work):
            ready.wait()
            try:
                work()
            except Exception as error:  # noqa: BLE001 # told below, in the test's own thread
                failed.append(error)

        threads = [threading.Thread(target=one, args=(work,)) for work in works]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert failed == []

    return run


def in_parts(messages, seed):
    """Deliver in any order, cut anywhere."""
    chance = random.Random(seed)  # noqa: S311 # a seed repeats the round
    mixed = chance.sample(messages, len(messages))
    while mixed:
        size = chance.randint(1, 6)
        bring(mixed[:size])
        mixed = mixed[size:]


def begin(fleet, pens, sessions):
    for pen, session_id in zip(pens, sessions, strict=True):
        fleet.session(pen, {CHEEK: 650}, session_id=session_id)


def test_two_writers_and_an_announcement_leave_what_one_writer_leaves(fleet, rows, writers):
    pens, sessions = two_pens(fleet)
    sent = recorded(pens, sessions)
    binary = [Message(each.topic, as_binary(each.batch)) for each in sent]
    text = [Message(each.topic, as_json(each.batch)) for each in sent]
    in_order = [Step(number, as_binary, False, 0) for number in (*ANNOUNCED, *range(BATCHES))]
    play(fleet, rows, pens, sessions, sent, in_order)
    alone = content(rows)
    for seed in range(ROUNDS):
        empty()
        writers(
            partial(in_parts, binary, 2 * seed),
            partial(in_parts, text, 2 * seed + 1),
            partial(begin, fleet, pens, sessions),
        )
        assert content(rows) == alone, seed
