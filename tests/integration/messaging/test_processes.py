"""Real relays and workers, and what happens to events while things around them fail."""

import time

import pika
import pytest
import requests

from shared import ids
from shared.amqp import link, topology
from tests import databases, servers
from tests.integration.messaging.conftest import DROPS
from tests.messages import NEEDLE_DROPPED, a_message
from tests.patience import until

PEN = ids.new()


@pytest.fixture
def noted(admin):
    """Wait until as many needles are noted as were dropped, and return their numbers."""

    def wait(count):
        until(lambda: admin.count("web.noted") >= count, what=f"{count} needles")
        return admin.column("SELECT number FROM web.noted ORDER BY position")

    return wait


@pytest.fixture(scope="module")
def breakable():
    """A broker that these tests may break."""
    with servers.broker_to_kill() as mine:
        declare_for_good(mine.broker.amqp_url)
        yield mine


def channel_to(url):
    return pika.BlockingConnection(link.parameters(url, "test")).channel()


def declare_for_good(url):
    """Declare the listener's queue, and wait until a killed broker would remember it.

    RabbitMQ 3.10 writes the names of new quorum queues to disk with a delay of three seconds.
    """
    channel = channel_to(url)
    topology.declare(channel, "web", [NEEDLE_DROPPED])
    channel.connection.close()
    time.sleep(5)


def queued(channel, queue):
    try:
        return channel.queue_declare(queue, passive=True).method.message_count
    except pika.exceptions.ChannelClosedByBroker:
        return None


def listens(url, queue=None):
    """Say whether a worker consumes."""
    channel = channel_to(url)
    try:
        return bool(
            channel.queue_declare(
                queue or topology.queue("web"), passive=True
            ).method.consumer_count
        )
    except pika.exceptions.ChannelClosedByBroker:
        return False
    finally:
        channel.connection.close()


def wait_for_listener(url):
    until(lambda: listens(url), what="a worker that listens")


def test_what_is_announced_is_heard_once_and_in_order(
    admin, amqp_url, relay, listener, drop_needles, noted
):
    listener()
    wait_for_listener(amqp_url)
    relay()
    drop_needles(PEN, *range(1, 301))
    assert noted(300) == list(range(1, 301))
    until(lambda: admin.count("booking.outbox") == 0, what="an empty outbox")


def test_a_second_relay_takes_over_when_the_first_is_killed(
    admin, amqp_url, relay, listener, drop_needles, noted
):
    listener()
    wait_for_listener(amqp_url)
    first = relay()
    drop_needles(PEN, 1)
    noted(1)
    relay()
    first.kill()
    first.wait()
    drop_needles(PEN, 2)
    assert noted(2) == [1, 2]


def test_only_one_relay_of_a_service_publishes_at_a_time(admin, relay, amqp_url):
    for _ in range(3):
        relay()
    here = "datname = current_database()"  # other workers' databases have relays of their own
    holders = (
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = pg_locks.database"
        f" WHERE locktype = 'advisory' AND granted AND {here}"
    )
    until(lambda: admin.column(holders) == [1], what="one relay")
    waiting = (
        f"SELECT count(*) FROM pg_stat_activity WHERE {here}"
        " AND usename = 'booking_app' AND query LIKE 'SELECT pg_try_advisory_lock%'"
    )
    until(lambda: admin.column(waiting) == [2], what="two that stand by")
    assert admin.column(holders) == [1]


def test_a_second_worker_takes_over_when_the_first_is_killed(
    admin, amqp_url, relay, listener, drop_needles, noted
):
    relay()
    first = listener()
    wait_for_listener(amqp_url)
    second = listener()
    drop_needles(PEN, 1)
    noted(1)
    first.kill()
    first.wait()
    drop_needles(PEN, 2)
    assert noted(2) == [1, 2]
    processes = admin.column("SELECT process FROM web.noted ORDER BY position")
    assert processes == [first.pid, second.pid]


def test_a_queue_deleted_under_its_worker_is_declared_again(
    amqp_url, relay, listener, drop_needles, noted
):
    relay()
    listener()
    wait_for_listener(amqp_url)
    channel = channel_to(amqp_url)
    channel.queue_delete(topology.queue("web"))
    wait_for_listener(amqp_url)
    drop_needles(PEN, 1)
    assert noted(1) == [1]
    channel.connection.close()


def test_a_binding_that_nobody_wants_any_more_is_removed(admin, amqp_url, listener):
    channel = channel_to(amqp_url)
    topology.declare(channel, "web", ["testing.old.v1"])
    admin.all("INSERT INTO web.bindings VALUES ('testing.old.v1')")
    listener()
    wait_for_listener(amqp_url)
    channel.basic_publish(topology.EVENTS_EXCHANGE, "testing.old.v1", b"{}")
    until(lambda: queued(channel, topology.UNROUTED) == 1, what="an event nobody wants")
    assert admin.column("SELECT type FROM web.bindings") == [NEEDLE_DROPPED]
    channel.connection.close()


def taken_and_not_returned(connection):
    """Take what waits and end: RabbitMQ 4.3 does not count what is given back in good order."""
    channel = connection.channel()
    taken, _head, _body = next(channel.consume(topology.queue("web"), inactivity_timeout=1))
    channel.close()
    return taken


def test_a_message_that_ends_its_worker_each_time_is_parked_in_the_end(admin, amqp_url, listener):
    channel = channel_to(amqp_url)
    topology.declare(channel, "web", [NEEDLE_DROPPED])
    body = a_message(NEEDLE_DROPPED, {"number": 1})
    channel.basic_publish(topology.EVENTS_EXCHANGE, NEEDLE_DROPPED, body)
    for _ in range(topology.DELIVERY_LIMIT + 1):
        until(lambda: taken_and_not_returned(channel.connection), what="the event again")
    until(lambda: queued(channel, topology.dead_queue("web")) == 1, what="a dead letter")
    channel.connection.close()
    listener()
    until(lambda: admin.count("web.parked") == 1, what="a parked event")
    assert admin.column("SELECT reason FROM web.parked") == ["dead_lettered"]


def test_an_event_put_into_the_queue_past_the_exchange_is_parked(
    admin, amqp_url, listener, drop_needles, relay, noted
):
    listener()
    relay()
    wait_for_listener(amqp_url)
    channel = channel_to(amqp_url)
    channel.basic_publish("", topology.queue("web"), a_message(NEEDLE_DROPPED, {"number": 1}))
    channel.connection.close()
    until(lambda: admin.count("web.parked") == 1, what="a parked event")
    drop_needles(PEN, 2)
    assert noted(1) == [2]
    assert admin.column("SELECT reason FROM web.parked") == ["poison"]


def test_a_failing_event_is_tried_again_by_the_worker_itself(
    admin, amqp_url, listener, drop_needles, relay, noted
):
    listener()
    wait_for_listener(amqp_url)
    channel = channel_to(amqp_url)
    for number in (1, 2):
        body = a_message(NEEDLE_DROPPED, {"number": number, "blunt": number == 1}, subject=PEN)
        channel.basic_publish(topology.EVENTS_EXCHANGE, NEEDLE_DROPPED, body)
    channel.connection.close()
    until(lambda: admin.count("web.retries") == 2, what="two events that wait")
    admin.all(
        "UPDATE web.retries SET due_at = now(), body ="
        " convert_to(replace(convert_from(body, 'UTF8'), 'true', 'false'), 'UTF8')"
    )
    assert noted(2) == [1, 2]


def test_while_the_database_is_away_nothing_is_acknowledged_and_nothing_lost(
    admin, amqp_url, admin_dsn, relay, listener, drop_needles, noted
):
    listener()
    relay()
    wait_for_listener(amqp_url)
    drop_needles(PEN, 1)
    noted(1)
    other_pen = ids.new()
    with _closed_to_services(admin_dsn):
        channel = channel_to(amqp_url)
        for number in (2, 3):
            body = a_message(NEEDLE_DROPPED, {"number": number}, subject=other_pen)
            channel.basic_publish(topology.EVENTS_EXCHANGE, NEEDLE_DROPPED, body)
        time.sleep(2)  # the worker meets the closed door
        channel.connection.close()
        assert admin.count("web.noted") == 1
    assert noted(3) == [1, 2, 3]
    drop_needles(PEN, 4)
    assert len(noted(4)) == 4
    assert admin.count("web.parked") == 0


class _closed_to_services:  # noqa: N801 # reads as a sentence where it is used
    """The services' roles cannot connect, and are thrown out: what a restart looks like to them.

    Only from this database: the roles themselves belong to every test worker's.
    """

    def __init__(self, admin_dsn):
        self._admin_dsn = admin_dsn
        self._name = admin_dsn.rpartition("/")[2]

    def __enter__(self):
        self._say("REVOKE", "FROM")
        databases.execute(
            self._admin_dsn,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename IN ('web_app', 'booking_app') AND datname = current_database()",
        )

    def __exit__(self, *_):
        self._say("GRANT", "TO")

    def _say(self, verb, whom):
        words = f'{verb} CONNECT ON DATABASE "{self._name}" {whom} web_app, booking_app'
        databases.execute(self._admin_dsn, words)


def test_a_killed_broker_costs_nothing_but_time(breakable, relay, listener, drop_needles, noted):
    url = breakable.broker.amqp_url
    port = servers.ports.random_free(1)[0]
    listener(AMQP_URL=url)
    relay(AMQP_URL=url, METRICS_PORT=str(port))
    wait_for_listener(url)
    drop_needles(PEN, 1, 2)
    noted(2)
    breakable.kill()
    drop_needles(PEN, 3, 4)
    waits = "needlepoint_outbox_oldest_seconds"
    until(lambda: figure(port, waits), what="events that are known to wait")
    breakable.start()
    assert noted(4) == [1, 2, 3, 4]


def test_a_blocked_broker_only_makes_the_outbox_grow(
    admin, breakable, relay, listener, drop_needles, noted
):
    url = breakable.broker.amqp_url
    port = servers.ports.random_free(1)[0]
    listener(AMQP_URL=url)
    relay(AMQP_URL=url, METRICS_PORT=str(port))
    wait_for_listener(url)
    drop_needles(PEN, 1)
    noted(1)
    breakable.control("set_vm_memory_high_watermark", "absolute", "1")
    try:
        drop_needles(PEN, 2)
        until(lambda: figure(port, "needlepoint_broker_blocked") == 1, what="a blocked relay")
        assert admin.count("booking.outbox") == 1
        assert admin.count("web.noted") == 1
    finally:
        breakable.control("set_vm_memory_high_watermark", "0.6")
    assert noted(2) == [1, 2]
    until(lambda: admin.count("booking.outbox") == 0, what="an empty outbox")


def figure(port, name):
    """Return one figure that a process offers."""
    try:
        lines = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=2).text.splitlines()
    except requests.RequestException:  # not there yet, or slow
        return None
    return next((float(line.split()[1]) for line in lines if line.startswith(f"{name} ")), None)


def test_the_figures_and_the_sign_of_life_are_offered(
    admin, amqp_url, relay, listener, drop_needles, noted, tmp_path
):
    port, alive = servers.ports.random_free(1)[0], tmp_path / "alive"
    listener()
    wait_for_listener(amqp_url)
    relay(METRICS_PORT=str(port), ALIVE_FILE=str(alive))
    drop_needles(PEN, 1, 2)
    noted(2)
    until(lambda: figure(port, "needlepoint_events_confirmed_total") == 2, what="two confirmed")
    assert figure(port, "needlepoint_outbox_oldest_seconds") is not None
    assert alive.exists()


def test_a_relay_with_a_wrong_password_ends_loudly(amqp_url, dsn, tmp_path):
    from tests import messages

    who, place = amqp_url.removeprefix("amqp://").rsplit("@", 1)
    wrong = f"amqp://{who.partition(':')[0]}:wrong@{place}"
    running = messages.start(
        "shared.amqp.relay",
        log=tmp_path / "log",
        SERVICE=DROPS,
        DATABASE_URL=dsn(DROPS),
        AMQP_URL=wrong,
    )
    assert running.wait(60) == 1
    assert "ProbableAuthenticationError" in (tmp_path / "log").read_text(encoding="utf-8")


def test_a_process_told_to_end_ends_well(amqp_url, relay, listener, admin, tmp_path):
    alive = tmp_path / "alive"
    running = [relay(ALIVE_FILE=str(alive)), listener()]
    wait_for_listener(amqp_url)
    until(alive.exists, what="a relay that hears signals")
    for process in running:
        process.terminate()
    assert [process.wait(60) for process in running] == [0, 0]
