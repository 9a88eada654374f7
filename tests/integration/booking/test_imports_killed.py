"""The real timer is killed in the middle of a file, and started again."""

import signal

import pytest

from shared import db
from tests import messages, people
from tests.integration.booking.importer import Importer
from tests.patience import until

ROWS = 40


@pytest.fixture
def a_timer(stage, tmp_path):
    started = []

    def start():
        environment = {**stage.environment("booking"), "METRICS_PORT": "0"}
        log = tmp_path / "timer.log"
        started.append(messages.start("services.booking.timer", log=log, **environment))
        return started[-1]

    yield start
    for running in started:
        running.kill()
        running.wait()


def test_a_file_is_taken_in_once_though_the_timer_is_killed(api, franchise, outbox, a_timer):
    importer = Importer(api("booking").as_(people.ALICE), franchise)
    begun = importer.begun(
        *(
            importer.row(
                f"{9 + n % 8}:00", 3 + n // 8, client_id=franchise.a_client(), practitioner="Priya"
            )
            for n in range(ROWS)
        )
    )
    reached = 0
    for _ in range(3):
        running = a_timer()
        until(
            lambda sofar=reached: importer.show(begun)["rows_done"] > sofar,
            what="some rows taken in",
        )
        running.send_signal(signal.SIGKILL)
        running.wait()
        reached = importer.show(begun)["rows_done"]
        assert len(importer.booked()) == reached
        if reached == ROWS:
            break
    a_timer()
    until(lambda: importer.show(begun)["status"] == "done", what="the whole file")
    booked = importer.booked()
    assert importer.show(begun)["rows_done"] == len(booked) == ROWS
    assert len({row["client_id"] for row in booked}) == ROWS
    assert sorted(event["subject"] for event in outbox()) == sorted(row["id"] for row in booked)
    with db.transaction(db.EVERY_CLINIC) as tx:
        known = {row["result_id"] for row in tx.all("SELECT * FROM booking.import_rows")}
    assert known == {row["id"] for row in booked}
