"""The door is shut until the broker keeps everything that it acknowledges, and after each start."""

from contextlib import closing

import pytest

from deploy.devicekit import loop
from deploy.native import broker, environment
from services.device_telemetry.clients import broker as management
from services.device_telemetry.domain.topology import missing
from tests.integration.device_telemetry.conftest import a_door, just_now
from tests.integration.device_telemetry.readings import a_batch
from tests.integration.device_telemetry.stranger import Stranger
from tests.patience import until

POLICY = "policies/%2F/pens-nobody-hears"
READINGS = "telemetry.readings"


@pytest.fixture(scope="module")
def door(dsn, mint, tmp_path_factory):
    """A broker of this module's own, which kills it and has it forget everything."""
    with a_door(dsn, mint, tmp_path_factory.mktemp("door")) as made:
        yield made


@pytest.fixture
def machine(door):
    """Nothing is emptied: a queue that was declared just before a kill may not take part again."""
    return door


@pytest.fixture(autouse=True)
def everything_stands(machine):
    """What one test took away is there again for the next."""
    machine.declare()
    yield
    machine.declare()


def is_let_in(machine, pen):
    return Stranger(machine, str(pen.id), pen.secret).is_in


@pytest.mark.parametrize(
    "taken_away",
    [
        "queues/%2F/telemetry.readings.2",
        "queues/%2F/telemetry.events",
        "queues/%2F/telemetry.unrouted",
        "bindings/%2F/e/amq.topic/e/telemetry.readings/pens.*.*.readings",
        "exchanges/%2F/telemetry.readings",
        POLICY,
    ],
)
def test_no_device_comes_in_while_something_would_be_lost(machine, pen, taken_away):
    until(lambda: is_let_in(machine, pen))
    machine.broker.management.call("DELETE", taken_away)
    until(lambda: not is_let_in(machine, pen))
    machine.declare()
    until(lambda: is_let_in(machine, pen))


def test_readings_that_no_shard_takes_are_kept(machine, pen):
    mine = machine.connected(pen)
    for shard in range(4):
        machine.broker.management.call("DELETE", f"queues/%2F/{READINGS}.{shard}")
    mine.record(a_batch(just_now()))
    assert loop.run_until([mine], lambda: not len(mine.store), seconds=60)
    taken = machine.broker.management.call(
        "POST",
        "queues/%2F/telemetry.unrouted/get",
        {"count": 5, "ackmode": "ack_requeue_false", "encoding": "auto"},
    )
    assert {message["routing_key"] for message in taken} == {pen.topic()}
    mine.switch(on=False)


def test_a_broker_that_lost_everything_acknowledges_nothing_before_its_queues_stand(machine, pen):
    mine = machine.connected(pen)
    machine.own.control("stop_app")
    assert loop.run_until([mine], lambda: not mine.connected, seconds=30)
    machine.own.control("reset")
    mine.record(a_batch(just_now()))
    machine.own.control("start_app")
    # the broker answers and its MQTT listener is open; nobody has declared anything
    assert not loop.run_until([mine], lambda: mine.connected or not len(mine.store), seconds=8)
    assert not is_let_in(machine, pen)
    machine.declare()
    assert loop.run_until([mine], lambda: not len(mine.store), seconds=150)
    until(lambda: _kept(machine) == 1)
    mine.switch(on=False)


def _kept(machine):
    queues = machine.broker.management.call("GET", "queues/%2F")
    return sum(q.get("messages", 0) for q in queues if q["name"].startswith(f"{READINGS}."))


def test_the_platforms_own_account_sees_what_stands(machine):
    """The account that processes are given, not the administrator of the other tests."""
    broker.set_up(machine.broker.management, lambda user: f"{user}-secret")
    address = machine.broker.management_url.replace(
        "http://", f"http://{environment.MANAGER}:{environment.MANAGER}-secret@"
    )
    with closing(management.Sight(address)) as sight:
        assert missing(sight.found) == []
        assert sight.holds()
    assert not sight.holds()


def test_what_a_broker_showed_ends_with_it(machine):
    with closing(management.Sight(machine.settings["BROKER_MANAGEMENT_URL"])) as sight:
        assert sight.holds()
        machine.own.kill()
        try:
            until(lambda: not sight.holds(), patience_s=60, otherwise=machine.said)
        finally:
            machine.own.start()
        assert not sight.holds()
