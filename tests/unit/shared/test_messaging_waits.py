import os
import signal
import time

import pytest
from pika import exceptions

from shared import alive, process
from shared.amqp import link, topology
from shared.amqp.wire import source


def test_waits_grow_and_stay_bounded():
    backoff = link.Backoff()
    waits = [backoff.fail() for _ in range(200)]
    assert max(waits[:1]) <= 2 * link.FIRST_WAIT_S
    assert max(waits) <= link.LONGEST_WAIT_S
    assert min(waits) >= link.FIRST_WAIT_S / 2
    assert len(set(waits)) > 190  # jitter
    backoff.succeed()
    assert backoff.failures == 0


def test_each_try_asks_the_next_broker():
    urls = "amqp://one/ amqp://two/"
    hosts = [link.parameters(urls, "test", attempt).host for attempt in range(3)]
    assert hosts == ["one", "two", "one"]


def test_connections_have_a_heartbeat_a_name_and_limits():
    found = link.parameters("amqp://one/?heartbeat=600", "booking-relay")
    assert found.heartbeat == link.HEARTBEAT_S
    assert found.client_properties == {"connection_name": "booking-relay"}
    assert found.socket_timeout == found.stack_timeout == link.CONNECT_S


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (exceptions.ProbableAuthenticationError("x"), True),
        (exceptions.ProbableAccessDeniedError("x"), True),
        (exceptions.ChannelClosedByBroker(406, "inequivalent arg"), True),
        (exceptions.ChannelClosedByBroker(403, "refused"), True),
        (exceptions.AMQPConnectionError(exceptions.ProbableAuthenticationError("x")), True),
        (exceptions.ChannelClosedByBroker(404, "no queue"), False),
        (exceptions.AMQPConnectionError("away"), False),
        (exceptions.ConnectionClosedByBroker(320, "shutdown"), False),
        (TimeoutError(), False),
    ],
)
def test_only_what_waiting_cannot_heal_ends_a_process(error, fault):
    assert link.is_setup_fault(error) is fault


def test_names_on_the_wire_have_hyphens():
    assert topology.queue("client_records") == "needlepoint.client-records"
    assert topology.dead_queue("client_records") == "needlepoint.client-records.dead"
    assert source("client_records.client_changed.v1") == "/client-records"


def test_a_call_that_never_answers_is_ended():
    with pytest.raises(TimeoutError), process.deadline(0.05):
        time.sleep(30)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_process_touches_its_file_while_it_works(tmp_path):
    file = tmp_path / "alive"
    assert alive.age_s(str(file), time.time()) == float("inf")
    running = process.Process(file)
    running.alive()
    assert alive.age_s(str(file), file.stat().st_mtime + 3) == 3
    os.utime(file, (0, 0))
    running.alive()  # at most once a second
    assert file.stat().st_mtime == 0


def test_the_health_check_fails_when_work_stands_still(tmp_path, monkeypatch):
    file = tmp_path / "alive"
    monkeypatch.setenv("ALIVE_FILE", str(file))
    with pytest.raises(SystemExit, match="No work was done"):
        alive.main()
    file.touch()
    alive.main()


def test_a_process_that_was_told_to_stop_does_not_wait():
    running = process.Process()
    running.stop()
    assert running.stopping
    running.wait(60)
