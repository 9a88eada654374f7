"""What a device, or who has its secret, may try by MQTT 5: RabbitMQ 4 speaks it, 3.10 does not.

Each test says the same of both: where nobody comes in by MQTT 5, nothing is taken either.
"""

import socket
from contextlib import closing

import pika
import pytest

from deploy.devicekit import loop
from deploy.devicekit.wire import as_binary
from deploy.native.rabbitmq import Management
from deploy.rabbitmq.conf import SESSION_KEPT_S
from services.device_telemetry.domain.topology import UNROUTED
from shared.amqp import topology
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.fifth import Fifth
from tests.integration.device_telemetry.readings import a_batch
from tests.integration.device_telemetry.stranger import Stranger
from tests.integration.device_telemetry.test_intruders import foreign, listening
from tests.patience import until

FOR_EVER = 2**32 - 1


@pytest.fixture
def five(machine):
    """Whether the broker speaks MQTT 5."""
    return int(machine.version.partition(".")[0]) >= 4


@pytest.fixture
def two(fleet):
    return fleet.pen(), fleet.pen()


def own(pen, what):
    return f"pens/{pen.clinic.id}/{pen.id}/{what}"


def test_a_device_comes_in_by_mqtt_5_where_the_broker_speaks_it(machine, pen, five):
    device = Fifth(machine, pen)
    assert device.is_in is five
    assert device.publish(own(pen, "status"), b'{"v": 1, "online": true}') is five
    assert device.subscribe(own(pen, "commands")) is five


def test_no_name_that_mqtt_5_has_for_a_foreign_topic_lets_it_through(machine, two, five):
    one, other = two
    with listening(machine) as heard:
        for topic in foreign(one, other):
            assert not Fifth(machine, one).publish(topic), topic
            device = Fifth(machine, one)
            assert device.publish(own(one, "events"), TopicAlias=1) is five
            assert not device.publish(topic, TopicAlias=1), topic
            device = Fifth(machine, one)
            assert not device.publish(topic, TopicAlias=2), topic
            assert not device.publish("", TopicAlias=2), topic
        device = Fifth(machine, one)
        assert device.publish(own(one, "events"), TopicAlias=1) is five
        assert device.publish("", TopicAlias=1) is five
        assert set(heard()) == ({one.topic("events")} if five else set())


def test_nobody_hears_a_foreign_topic_by_a_share_of_a_subscription(machine, two):
    one, other = two
    for topic in (
        f"$share/thieves/{own(other, 'commands')}",
        f"$share/thieves/{own(one, 'commands')}",
        "$share/thieves/#",
        "$share/thieves/pens/+/+/commands",
        own(other, "commands"),
        "pens/+/+/commands",
        "#",
    ):
        thief = Fifth(machine, one)
        assert not thief.subscribe(topic), topic
        machine.broker.management.call("POST", "exchanges/%2F/amq.topic/publish", _to(other))
        thief.until(lambda each=thief: each.heard, seconds=0.5)
        assert thief.heard == []


def _to(pen):
    key = pen.topic("commands")
    return {"routing_key": key, "payload": "x", "payload_encoding": "string", "properties": {}}


def test_words_that_lead_a_message_elsewhere_lead_a_devices_nowhere(machine, two, five):
    one, other = two
    elsewhere = other.topic("commands")
    with listening(machine) as heard:
        device = Fifth(machine, one)
        more = [(name, elsewhere) for name in ("CC", "BCC", "x-cc", "x-routing-key", "x-death")]
        taken = device.publish(
            own(one, "events"),
            UserProperty=more,
            ResponseTopic=own(other, "commands"),
            CorrelationData=b"\xff" * 300,
            ContentType="x" * 300,
        )
        assert taken is five
        assert heard() == [one.topic("events")] * five


@pytest.mark.parametrize("delay_s", [None, 1])
def test_a_last_will_of_mqtt_5_goes_to_the_devices_own_topics_or_nowhere(
    machine, two, five, delay_s
):
    """One that is to wait would wait in a queue that no device may have: it is never said."""
    one, other = two
    with listening(machine) as heard:
        for topic in (*foreign(one, other), own(one, "status")):
            device = Fifth(
                machine, one, will=topic, delay_s=delay_s, SessionExpiryInterval=FOR_EVER
            )
            if device.is_in:
                device.die()
                assert device.until(lambda each=device: each.lost)
        last = Stranger(machine, str(one.id), one.secret, will=own(one, "events"))
        last.die()
        until(lambda: one.topic("events") in heard())
        until(lambda: one.topic("status") in heard() or delay_s or not five)
        assert set(heard()) <= {one.topic("events"), one.topic("status")}
    names = [queue["name"] for queue in machine.broker.management.call("GET", "queues/%2F")]
    assert not [name for name in names if "will" in name]


@pytest.mark.parametrize("expiry", [60, FOR_EVER])
def test_a_session_is_kept_for_a_while_and_not_for_ever(machine, pen, five, expiry):
    device = Fifth(machine, pen, clean=False, SessionExpiryInterval=expiry)
    assert device.subscribe(own(pen, "commands")) is five
    if device.is_in:
        device.die()
        assert device.until(lambda: device.lost)
        kept_s = _kept_s(machine, pen)
        assert kept_s == min(expiry, SESSION_KEPT_S)
    again = Fifth(machine, pen)
    assert again.present is not True
    until(lambda: not _queues(machine, pen))


def test_a_session_of_mqtt_3_is_not_kept_for_ever_either(machine, pen):
    device = Keeping(machine, str(pen.id), pen.secret)
    device.client.subscribe(own(pen, "commands"), qos=1)
    assert device.until(lambda: device.granted)
    device.die()
    assert device.until(lambda: device.lost)
    assert _kept_s(machine, pen) == SESSION_KEPT_S
    assert Stranger(machine, str(pen.id), pen.secret).is_in
    until(lambda: not _queues(machine, pen))


class Keeping(Stranger):
    """A device that asks for a session that outlives its connection."""

    clean = False


def _queues(machine, pen):
    queues = machine.broker.management.call("GET", "queues/%2F")
    return [queue for queue in queues if str(pen.id) in queue["name"]]


def _kept_s(machine, pen):
    [queue] = _queues(machine, pen)
    return queue["arguments"]["x-expires"] / 1000


def test_there_is_no_other_way_to_say_who_one_is(machine, pen):
    assert not Fifth(machine, pen, AuthenticationMethod="SCRAM-SHA-256").is_in
    assert not Fifth(
        machine, pen, AuthenticationMethod="PLAIN", AuthenticationData=b"\0guest\0guest"
    ).is_in


def test_nothing_is_retained(machine, pen):
    device = Stranger(machine, str(pen.id), pen.secret)
    sent = device.client.publish(own(pen, "status"), b"{}", qos=1, retain=True)
    assert device.until(sent.is_published)
    admin = machine.broker.management
    looker = Stranger(machine, admin.user, admin.password)
    looker.client.subscribe(own(pen, "status"), qos=1)
    assert looker.until(lambda: looker.granted)
    looker.until(lambda: looker.heard, seconds=1)
    assert looker.heard == []


LYING = [
    [("x-delivery-count", "1"), ("x-acquired-count", "9"), ("x-death", "x")],
    [("x-delivery-count", "often")],
    [("traceparent", "x"), ("x" * 255, "y"), ("y" * 300, "z")],
    [(f"n{number}", "v" * 60_000) for number in range(3)],
]


@pytest.mark.parametrize("lie", LYING, ids=["count", "word", "names", "much"])
def test_what_a_device_adds_to_a_message_keeps_no_readings_back(machine, two, rows, five, lie):
    """Neither its own nor another's."""
    machine.start_ingest()
    liar, honest = two
    at = just_now()
    device = Fifth(machine, liar)
    assert device.publish(own(liar, "readings"), as_binary(a_batch(at)), UserProperty=lie) is five
    mine = machine.connected(honest)
    mine.record(a_batch(at))
    assert loop.run_until([mine], lambda: not len(mine.store), seconds=60)
    stored = "SELECT device_id FROM device_telemetry.batches"
    expected = {liar.id, honest.id} if five else {honest.id}
    until(lambda: {row["device_id"] for row in rows(stored)} == expected, otherwise=machine.said)
    mine.switch(on=False)


def test_readings_that_a_device_lets_expire_are_stored_all_the_same(machine, two, rows, five):
    """The broker acknowledged them.  By MQTT 5 a device may say so, by AMQP anybody of ours."""
    one, other = two
    device, at, before = Fifth(machine, one), just_now(), _waiting(machine, UNROUTED)
    taken = device.publish(own(one, "readings"), as_binary(a_batch(at)), MessageExpiryInterval=1)
    assert taken is five
    parameters = pika.URLParameters(machine.broker.amqp_url)
    with closing(pika.BlockingConnection(parameters)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        soon = pika.BasicProperties(expiration="1", delivery_mode=2)
        channel.basic_publish("amq.topic", other.topic(), as_binary(a_batch(at)), soon)
    until(lambda: _waiting(machine, UNROUTED) == before + 1 + five)
    machine.start_ingest()
    stored = "SELECT device_id FROM device_telemetry.batches"
    expected = {other.id} | ({one.id} if five else set())
    until(lambda: {row["device_id"] for row in rows(stored)} == expected, otherwise=machine.said)
    aside = "SELECT reason FROM device_telemetry.set_aside WHERE device_id = ANY(%(mine)s)"
    assert rows(aside, mine=[one.id, other.id]) == []


def _waiting(machine, queue):
    parameters = pika.URLParameters(machine.broker.amqp_url)
    with closing(pika.BlockingConnection(parameters)) as connection:
        asked = connection.channel().queue_declare(queue, passive=True)
        return asked.method.message_count


def test_what_nobody_heard_is_still_there_however_often_somebody_looked(machine):
    parameters = pika.URLParameters(machine.broker.amqp_url)
    with closing(pika.BlockingConnection(parameters)) as connection:
        channel = connection.channel()
        topology.declare_exchange(channel)
        channel.confirm_delivery()
        channel.basic_publish(topology.EVENTS_EXCHANGE, "nobody.hears.v1", b"{}")
        for _ in range(3 * topology.DELIVERY_LIMIT):
            until(lambda: (found := channel.basic_get(topology.UNROUTED))[0] and found)
            channel.basic_nack(0, multiple=True, requeue=True)
        until(lambda: channel.basic_get(topology.UNROUTED, auto_ack=True)[0])


def test_the_other_protocols_of_the_broker_are_not_for_devices(machine, pen, five):
    """AMQP 1.0 needs no plug-in since 4; the management's pages ask the same door."""
    port = pika.URLParameters(machine.broker.amqp_url).port
    admin = machine.broker.management
    for name, secret in (
        (str(pen.id), pen.secret),
        (f"CN={pen.id}", "none"),
        (f"/:{pen.id}", pen.secret),
    ):
        assert not _amqp_1_0(port, name, secret), name
        with pytest.raises(OSError, match="401"):
            Management(admin.url, name, secret).call("GET", "whoami")
    assert _amqp_1_0(port, admin.user, admin.password) is (True if five else None)


def _amqp_1_0(port, name, secret):
    """Return whether AMQP 1.0 let somebody in; None where the broker does not speak it."""
    answer = b"\x00" + name.encode() + b"\x00" + secret.encode()
    mechanism = b"\xa3\x05PLAIN" + b"\xa0" + bytes([len(answer)]) + answer
    body = b"\x02\x01\x00\x00\x00\x53\x41\xc0" + bytes([len(mechanism) + 1, 2]) + mechanism
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(b"AMQP\x03\x01\x00\x00")
        if _exactly(line, 8) != b"AMQP\x03\x01\x00\x00":
            return None
        _frame(line)
        line.sendall((len(body) + 4).to_bytes(4, "big") + body)
        outcome = _frame(line)  # after its head: a list that begins with the code
        assert outcome[4:7] == b"\x00\x53\x44", outcome
        return b"\x50\x00" in outcome


def _frame(line):
    return _exactly(line, int.from_bytes(_exactly(line, 4), "big") - 4)


def _exactly(line, length):
    found = b""
    while len(found) < length:
        some = line.recv(length - len(found))
        assert some, "The broker closed the connection."
        found += some
    return found
