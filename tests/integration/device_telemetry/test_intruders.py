"""What somebody with one device's secret may try against others: at the real broker, over HTTPS."""

from contextlib import contextmanager
from datetime import timedelta

import pika
import pytest

from deploy.devicekit.wire import as_json
from services.device_telemetry import timer
from services.device_telemetry.api import batches
from services.device_telemetry.usecases import credentials
from shared import clock, db
from shared.amqp.handover import Handovers
from shared.pace import Pace
from tests import people
from tests.integration.device_telemetry.readings import a_batch
from tests.integration.device_telemetry.stranger import Stranger
from tests.patience import until


@pytest.fixture
def two(fleet):
    return fleet.pen(), fleet.pen()


def foreign(one, other):
    """Topics that the device `one` has no business with."""
    return [
        f"pens/{other.clinic.id}/{other.id}/readings",
        f"pens/{other.clinic.id}/{other.id}/status",
        f"pens.{other.clinic.id}.{other.id}/events",
        f"pens/{one.clinic.id}/{one.id}/commands",
        f"pens/{one.clinic.id}/{one.id}/readings/",
        f"/pens/{one.clinic.id}/{one.id}/readings",
        f"pens/{one.clinic.id}//readings",
        "$SYS/broker",
        "amq.topic",
        "pens.x",
    ]


@contextmanager
def listening(machine):
    """Yield a list into which every message falls that the devices' exchange lets through."""
    connection = pika.BlockingConnection(pika.URLParameters(machine.broker.amqp_url))
    channel = connection.channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, "amq.topic", routing_key="#")

    def heard():
        while (message := channel.basic_get(queue, auto_ack=True))[0]:
            keys.append(message[0].routing_key)
        return keys

    keys = []
    try:
        yield heard
    finally:
        connection.close()


@pytest.mark.parametrize("retain", [False, True])
def test_nothing_on_a_foreign_topic_goes_through(machine, two, retain):
    one, other = two
    with listening(machine) as heard:
        for topic in foreign(one, other):
            stranger = Stranger(machine, str(one.id), one.secret)
            assert stranger.is_in
            stranger.client.publish(topic, b"{}", qos=1, retain=retain)
            assert stranger.until(lambda each=stranger: each.lost), topic
        last = Stranger(machine, str(one.id), one.secret)
        sent = last.client.publish(f"pens/{one.clinic.id}/{one.id}/events", b"{}", qos=1)
        assert last.until(sent.is_published)
        assert heard() == [one.topic("events")]


def test_a_last_will_on_a_foreign_topic_goes_nowhere(machine, two):
    one, other = two
    with listening(machine) as heard:
        for topic in foreign(one, other):
            stranger = Stranger(machine, str(one.id), one.secret, will=topic)
            if stranger.is_in:
                stranger.die()
                assert stranger.until(lambda each=stranger: each.lost)
        good = Stranger(
            machine, str(one.id), one.secret, will=f"pens/{one.clinic.id}/{one.id}/status"
        )
        assert good.is_in
        good.die()
        until(lambda: one.topic("status") in heard())
        assert set(heard()) == {one.topic("status")}


def test_what_one_device_retains_no_other_reads(machine, two):
    one, other = two
    first = Stranger(machine, str(one.id), one.secret)
    sent = first.client.publish(
        f"pens/{one.clinic.id}/{one.id}/status", b'{"v": 1}', qos=1, retain=True
    )
    assert first.until(sent.is_published)
    for topic in (f"pens/{one.clinic.id}/{one.id}/status", "pens/+/+/status", "$SYS/#"):
        thief = Stranger(machine, str(other.id), other.secret)
        thief.client.subscribe(topic, qos=1)
        thief.until(lambda each=thief: each.lost or each.granted is not None)
        assert thief.lost or thief.granted is False, topic
        assert thief.heard == []


def test_a_device_cannot_speak_to_the_broker_in_another_protocol(machine, pen):
    for user, secret in ((str(pen.id), pen.secret), (f"CN={pen.id}", ""), (f"CN={pen.id}", "x")):
        port = pika.URLParameters(machine.broker.amqp_url).port
        account = pika.PlainCredentials(user, secret)
        asked = pika.ConnectionParameters("127.0.0.1", port, credentials=account)
        with pytest.raises(pika.exceptions.AMQPConnectionError):
            pika.BlockingConnection(asked)


def test_a_revocation_is_carried_out_when_the_broker_can_be_reached_again(
    machine, fleet, pen, monkeypatch
):
    """However long that takes, and by whichever timer then runs."""
    monkeypatch.setenv("BROKER_MANAGEMENT_URL", "http://nobody:x@127.0.0.1:9")
    device = Stranger(machine, str(pen.id), pen.secret)
    revoked = fleet.http.as_(people.ALICE).delete(f"/v1/devices/{pen.id}/credentials")
    assert revoked.status_code == 204
    now = clock.now()
    first = timer.Doorkeeper()
    assert first(now + timedelta(minutes=1)) is False
    device.until(lambda: device.lost, seconds=1)
    assert device.is_in

    monkeypatch.setenv("BROKER_MANAGEMENT_URL", machine.settings["BROKER_MANAGEMENT_URL"])
    timer.Doorkeeper()(now + timedelta(days=2))
    assert device.until(lambda: device.lost)
    assert not Stranger(machine, str(pen.id), pen.secret).is_in


def test_what_was_cut_once_is_not_cut_again(fleet, pen, rows, monkeypatch):
    cut = []
    monkeypatch.setattr(timer.broker, "disconnect", lambda _url, each, _names: cut.append(each))
    path = f"/v1/devices/{pen.id}/credentials"
    fleet.http.as_(people.ALICE).post(path, json={"overlap_minutes": 60})
    now, keeper = clock.now(), timer.Doorkeeper()
    keeper(now + timedelta(minutes=59))
    assert cut == []
    keeper(now + timedelta(minutes=61))
    keeper(now + timedelta(minutes=62))
    assert cut == [pen.id]
    assert rows("SELECT * FROM device_telemetry.cuts") == []


def test_a_broker_that_does_not_answer_is_left_alone_for_a_while(fleet, pen, monkeypatch):
    asked = []

    def refuse(_url, device_id, _certificates):
        asked.append(device_id)
        raise timer.broker.BrokerUnreachable("The broker's management API does not answer.")

    monkeypatch.setattr(timer.broker, "disconnect", refuse)
    monkeypatch.setenv("BROKER_MANAGEMENT_URL", "http://nobody:x@127.0.0.1:9")
    alice = fleet.http.as_(people.ALICE)
    assert alice.delete(f"/v1/devices/{pen.id}/credentials").status_code == 204
    asked.clear()
    now, keeper = clock.now() + timedelta(seconds=2), timer.Doorkeeper()
    for seconds, times in ((0, 1), (9.9, 1), (10, 2)):
        assert keeper(now + timedelta(seconds=seconds)) is False
        assert len(asked) == times


def test_a_suspended_device_is_cut_and_stays_out_until_it_is_let_in_again(
    machine, fleet, two, monkeypatch
):
    monkeypatch.setenv("BROKER_MANAGEMENT_URL", machine.settings["BROKER_MANAGEMENT_URL"])
    pen, _ = two
    device, neighbour = (Stranger(machine, str(each.id), each.secret) for each in two)
    assert device.is_in
    path, alice = f"/v1/devices/{pen.id}/suspension", fleet.http.as_(people.ALICE)
    suspended = alice.post(path, json={"minutes": 30})
    assert suspended.status_code == 201
    assert suspended.json["suspended_until"]
    timer.Doorkeeper()(clock.now() + timedelta(seconds=2))
    assert device.until(lambda: device.lost)
    assert not Stranger(machine, str(pen.id), pen.secret).is_in
    over_https = fleet.http.open(
        "POST", f"/v1/devices/{pen.id}/batches", data=b"{}", auth=(str(pen.id), pen.secret)
    )
    assert over_https.status_code == 401
    neighbour.until(lambda: neighbour.lost, seconds=1)
    assert neighbour.is_in

    assert fleet.http.as_(people.CHARLIE).delete(path).status_code == 404
    assert alice.delete(path).status_code == 204
    assert alice.get(f"/v1/devices/{pen.id}").json["suspended_until"] is None
    assert Stranger(machine, str(pen.id), pen.secret).is_in


def test_a_suspension_ends_by_itself_and_the_longer_one_holds(fleet, pen, monkeypatch):
    def is_let_in(after):
        now = clock.now() + timedelta(minutes=after)
        with db.transaction(db.EVERY_CLINIC) as tx:
            return credentials.entry(tx, pen.id, now) is not None

    alice, path = fleet.http.as_(people.ALICE), f"/v1/devices/{pen.id}/suspension"
    for minutes in (10, 60, 5):
        assert alice.post(path, json={"minutes": minutes}).status_code == 201
    assert [is_let_in(after) for after in (0, 11, 59, 61)] == [False, False, False, True]


def test_a_pen_cannot_send_as_another_over_https(fleet, two, monkeypatch):
    one, other = two
    monkeypatch.setattr(batches, "_handover", lambda _urls: pytest.fail("it was taken"))
    for auth in (
        (str(one.id), one.secret),
        (str(other.id), one.secret),
        (str(other.id), ""),
        (f"CN={other.id}", ""),
        (str(other.id).upper(), other.secret),
    ):
        path = f"/v1/devices/{other.id}/batches"
        assert fleet.http.open("POST", path, data=b"{}", auth=auth).status_code == 401, auth


def test_a_pen_that_sends_without_end_over_https_is_told_to_wait(fleet, two, monkeypatch):
    one, other = two
    taken = []
    monkeypatch.setattr(batches, "PACE", Pace(3))
    monkeypatch.setattr(batches, "_handover", lambda _urls: _Taker(taken))

    def send(pen, secret):
        path = f"/v1/devices/{pen.id}/batches"
        return fleet.http.open("POST", path, data=b"{}", auth=(str(pen.id), secret))

    assert [send(one, "wrong").status_code for _ in range(5)] == [401] * 5
    answers = [send(one, one.secret) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert send(other, other.secret).status_code == 202
    assert len(taken) == 4


def test_a_batch_is_not_taken_while_every_way_to_the_broker_is_busy(fleet, pen, monkeypatch):
    monkeypatch.setattr(batches, "_handover", lambda urls: Handovers(urls, "busy", 0))
    path = f"/v1/devices/{pen.id}/batches"
    answer = fleet.http.open("POST", path, data=b"{}", auth=(str(pen.id), pen.secret))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


class _Taker:
    """Takes everything."""

    def __init__(self, taken):
        self._taken = taken

    def give(self, *message):
        self._taken.append(message)


def test_what_a_moved_device_still_writes_under_its_old_topic_is_the_old_clinics(
    machine, fleet, pen, rows, monkeypatch
):
    """The broker may believe for a minute what it was told of the topic; nothing of it is lost."""
    monkeypatch.setenv("BROKER_MANAGEMENT_URL", machine.settings["BROKER_MANAGEMENT_URL"])
    machine.start_ingest()
    old, new = (f"pens/{each.id}/{pen.id}/readings" for each in (people.SOHO, people.LISBON))
    before = Stranger(machine, str(pen.id), pen.secret)
    assert _sends(before, old, 0)
    there = {"json": {"clinic_id": str(people.LISBON.id)}, "headers": {"If-Match": '"1"'}}
    assert (
        fleet.http.as_(people.HANNA).post(f"/v1/devices/{pen.id}/move", **there).status_code == 200
    )
    assert before.until(lambda: before.lost)
    charlie = fleet.http.as_(people.CHARLIE)
    secret = charlie.post(f"/v1/devices/{pen.id}/credentials", json={}).json["secret"]
    taken = [0] + [10] * _sends(Stranger(machine, str(pen.id), secret), old, 10)
    assert _sends(Stranger(machine, str(pen.id), secret), new, 20)
    # Of this pen: what other tests left in the queues comes in here as well.
    stored = (
        f"SELECT seq::int, clinic_id FROM device_telemetry.batches WHERE device_id = '{pen.id}'"
    )
    until(lambda: len(rows(stored)) == len(taken) + 1, otherwise=machine.said)
    clinics = {row["seq"]: row["clinic_id"] for row in rows(stored)}
    assert clinics == {**dict.fromkeys(taken, people.SOHO.id), 20: people.LISBON.id}
    aside = f"SELECT reason FROM device_telemetry.set_aside WHERE device_id = '{pen.id}'"
    assert rows(aside) == []


def _sends(stranger, topic, seq):
    """Say whether the broker acknowledges a batch of now."""
    assert stranger.is_in
    now = clock.now()
    body = as_json(a_batch(now, t0=now, seq=seq))
    sent = stranger.client.publish(topic, body, qos=1)
    return bool(
        stranger.until(lambda: sent.is_published() or stranger.lost) and sent.is_published()
    )
