"""The relay and its publisher against the real broker, over a network that fails as we ask."""

import json

import pika
import pytest
from pika.exceptions import AMQPError
from prometheus_client import REGISTRY

from shared import alone, ids, process
from shared.amqp import link, metrics, topology
from shared.amqp.publisher import NotConfirmed, Publisher
from shared.amqp.relay import Relay, held_back
from shared.amqp.wire import Announcement
from tests.integration.messaging.conftest import DROPS
from tests.integration.messaging.network import Network
from tests.messages import NEEDLE_DROPPED

PEN, OTHER_PEN = ids.new(), ids.new()
SEEN = "seen"


@pytest.fixture
def channel(amqp_url):
    with pika.BlockingConnection(link.parameters(amqp_url, "test")) as connection:
        channel = connection.channel()
        listen(channel)
        yield channel


@pytest.fixture
def network(amqp_url):
    with Network(amqp_url) as network:
        yield network


@pytest.fixture
def relay_through(dsn):
    """Make a relay in this process that publishes through an address."""
    opened = []

    def make(url, **settings):
        lock = alone.active(dsn(DROPS), f"test:{ids.new()}", process.Process())
        publisher = Publisher(link.parameters(url, "test"), **settings)
        session = lock.__enter__()
        opened.append((lock, publisher))
        return Relay(session.cursor(), publisher, process.Process())

    yield make
    for lock, publisher in opened:
        publisher.close()
        lock.__exit__(None, None, None)


def listen(channel):
    """Bind a plain queue: one with a single active consumer is not to be looked into."""
    topology.declare_exchange(channel)
    channel.queue_declare(SEEN, durable=True)
    channel.queue_bind(SEEN, topology.EVENTS_EXCHANGE, NEEDLE_DROPPED)


def delivered(channel):
    """Take everything that came."""
    bodies = []
    while (got := channel.basic_get(SEEN, auto_ack=True))[0]:
        bodies.append(got)
    return bodies


def numbers(deliveries):
    return [json.loads(body)["data"]["number"] for _method, _head, body in deliveries]


def test_a_new_connection_is_not_held_for_blocked_as_the_last_one_was(amqp_url, relay_through):
    metrics.BLOCKED.set(1)
    relay_through(amqp_url)
    assert REGISTRY.get_sample_value("needlepoint_broker_blocked") == 0


def test_the_outbox_is_published_in_order_and_emptied(
    admin, amqp_url, channel, drop_needles, relay_through
):
    sent = drop_needles(PEN, *range(700))
    relay = relay_through(amqp_url)
    assert [relay.turn(), relay.turn(), relay.turn()] == [500, 200, 0]
    came = delivered(channel)
    assert numbers(came) == list(range(700))
    assert [head.message_id for _, head, _ in came] == [str(one) for one in sent]
    method, head, _ = came[0]
    assert method.routing_key == head.type == NEEDLE_DROPPED
    assert head.content_type == "application/cloudevents+json"
    assert head.delivery_mode == 2
    assert admin.count("booking.outbox") == 0


def test_what_nobody_listens_to_is_kept_by_the_broker(
    admin, amqp_url, channel, drop_needles, relay_through
):
    channel.queue_unbind(SEEN, topology.EVENTS_EXCHANGE, NEEDLE_DROPPED)
    drop_needles(PEN, 1)
    relay_through(amqp_url).turn()
    assert admin.count("booking.outbox") == 0
    assert channel.basic_get(topology.UNROUTED, auto_ack=True)[0]


def test_a_returned_event_is_kept_and_holds_back_its_subject_only(
    admin, amqp_url, channel, drop_needles, relay_through
):
    channel.queue_delete(SEEN)
    channel.queue_delete(topology.UNROUTED)
    drop_needles(PEN, 1, 2)
    relay = relay_through(amqp_url)
    relay.turn()
    [first, second] = admin.all("SELECT * FROM booking.outbox ORDER BY position")
    assert (first["attempts"], second["attempts"]) == (1, 1)
    assert first["last_error"] == "No queue takes the event: NO_ROUTE."

    listen(channel)
    drop_needles(PEN, 3)
    drop_needles(OTHER_PEN, 4)
    relay.turn()
    assert numbers(delivered(channel)) == [4]
    assert admin.count("booking.outbox") == 3
    admin.all("UPDATE booking.outbox SET not_before = now() WHERE not_before IS NOT NULL")
    relay.turn()
    assert numbers(delivered(channel)) == [1, 2, 3]


def test_an_event_that_the_broker_refuses_is_kept(
    admin, amqp_url, channel, drop_needles, relay_through
):
    channel.queue_declare(
        "full", arguments={"x-max-length": 1, "x-overflow": "reject-publish"}, exclusive=True
    )
    channel.queue_bind("full", topology.EVENTS_EXCHANGE, NEEDLE_DROPPED)
    drop_needles(PEN, 1, 2)
    relay = relay_through(amqp_url)
    relay.turn()
    [kept] = admin.all("SELECT * FROM booking.outbox")
    assert kept["last_error"] == "The broker could not store the event."


def test_all_later_rows_of_a_failed_subject_are_kept():
    rows = [
        Announcement(position, f"e{position}", "t", subject, None, 1, "", "{}", None)
        for position, subject in enumerate("aabab")
    ]
    assert held_back(rows, {"e1"}) == {1, 3}
    assert held_back(rows, {}) == set()


def test_a_silent_broker_is_no_success(admin, network, channel, drop_needles, relay_through):
    drop_needles(PEN, *range(10))
    relay = relay_through(network.url, confirm_s=0.5)
    network.swallow_answers()
    with pytest.raises(NotConfirmed, match="10 messages are unanswered"):
        relay.turn()
    network.cut()
    assert admin.count("booking.outbox") == 10


def test_a_connection_that_ends_with_answers_outstanding_is_no_success(
    admin, network, channel, drop_needles, relay_through
):
    drop_needles(PEN, *range(10))
    relay = relay_through(network.url)
    network.swallow_answers(then_cut=True)
    with pytest.raises(NotConfirmed):
        relay.turn()
    with pytest.raises(NotConfirmed):
        relay.turn()
    assert admin.count("booking.outbox") == 10


def test_a_connection_that_ended_while_idle_is_noticed(network, channel, relay_through):
    relay = relay_through(network.url)
    network.cut()
    with pytest.raises(NotConfirmed):
        relay.publisher.idle(10)


def test_a_channel_that_the_broker_closed_is_no_success(
    admin, amqp_url, channel, drop_needles, relay_through
):
    drop_needles(PEN, 1)
    relay = relay_through(amqp_url)
    channel.exchange_delete(topology.EVENTS_EXCHANGE)
    with pytest.raises(NotConfirmed):
        relay.turn()
    assert admin.count("booking.outbox") == 1


def test_a_broker_that_refuses_us_is_a_setup_fault_and_one_that_is_away_is_not(amqp_url):
    wrong = amqp_url.replace("://", "://nobody:wrong@", 1)
    wrong = wrong[: wrong.index("@") + 1] + amqp_url.rpartition("@")[2]
    for url, fault in ((wrong, True), ("amqp://127.0.0.1:9/", False)):
        with pytest.raises(AMQPError) as refusal:
            pika.BlockingConnection(link.parameters(url, "test"))
        assert link.is_setup_fault(refusal.value) is fault


def test_a_queue_that_was_declared_otherwise_is_a_setup_fault(channel):
    channel.queue_declare(topology.queue("web"), durable=True)
    with pytest.raises(AMQPError) as refusal:
        topology.declare(channel, "web", [])
    assert link.is_setup_fault(refusal.value)


def test_declaring_twice_does_no_harm(channel):
    topology.declare(channel, "web", [NEEDLE_DROPPED])
    topology.declare(channel, "web", [NEEDLE_DROPPED])
