"""Who gets in at the real broker, and what they may touch there: exact names, never a pattern."""

import json

import pika
import pytest

from deploy.devicekit import loop
from services.device_telemetry.domain.topology import SHARDS, UNROUTED
from tests import people
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch
from tests.integration.device_telemetry.stranger import Stranger
from tests.integration.device_telemetry.test_sayings import sweep
from tests.patience import until

REFUSED = {"Not authorized", "Bad user name or password", "Client identifier not valid"}


@pytest.fixture
def two(fleet):
    return fleet.pen(), fleet.pen()


def test_a_device_gets_in_with_its_own_id_and_secret(machine, pen):
    assert Stranger(machine, str(pen.id), pen.secret).is_in


def test_nobody_else_gets_in(machine, two):
    one, other = two
    strangers = [
        Stranger(machine, str(one.id), "wrong"),
        Stranger(machine, str(one.id), ""),
        Stranger(machine, str(one.id), other.secret),
        Stranger(machine, "01930000-0000-7000-8000-000000000001", one.secret),
        Stranger(machine, str(one.id).upper(), one.secret),
        Stranger(machine, f"/:{one.id}", one.secret),
        Stranger(machine, "needlepoint_admin", one.secret),
        Stranger(machine, f"{{{one.id}}}", one.secret),
    ]
    assert [stranger.is_in for stranger in strangers] == [False] * len(strangers)
    assert {each.answer for each in strangers} <= REFUSED | {None}


@pytest.mark.parametrize("client_id", [".*", "+", "#", "x" * 500, "a|b", "a:b", ""])
def test_a_client_id_that_is_not_the_devices_own_gains_nothing(machine, pen, client_id):
    assert not Stranger(machine, str(pen.id), pen.secret, client_id=client_id).is_in


def test_a_valid_device_cannot_take_anothers_place(machine, two):
    one, other = two
    first = Stranger(machine, str(one.id), one.secret)
    thief = Stranger(machine, str(other.id), other.secret, client_id=str(one.id))
    assert not thief.is_in
    first.until(lambda: first.lost, seconds=1)
    assert first.is_in


def test_a_device_cannot_write_what_is_not_its_own(machine, two, fleet):
    one, other = two
    lisbon = fleet.pen(people.LISBON)
    foreign = [
        f"pens/{other.clinic.id}/{other.id}/readings",
        f"pens/{lisbon.clinic.id}/{one.id}/readings",
        f"pens/{one.clinic.id}/{one.id}/commands",
        f"pens/{one.clinic.id}/{one.id}/readings/more",
        f"pens/{one.clinic.id}/{one.id}",
        "pens/x",
        "needlepoint",
    ]
    for topic in foreign:
        stranger = Stranger(machine, str(one.id), one.secret)
        assert stranger.is_in
        stranger.client.publish(topic, b"foreign", qos=1)
        assert stranger.until(lambda each=stranger: each.lost), topic
    assert b"foreign" not in [body for _, body in _taken(machine, *SHARDS, UNROUTED)]


def test_a_device_cannot_read_what_is_not_its_own(machine, two):
    one, other = two
    for topic in (
        f"pens/{other.clinic.id}/{other.id}/commands",
        f"pens/{one.clinic.id}/{one.id}/readings",
        f"pens/{one.clinic.id}/+/commands",
        "pens/#",
        "#",
        "+/+/+/+",
    ):
        stranger = Stranger(machine, str(one.id), one.secret)
        assert stranger.is_in
        stranger.client.subscribe(topic, qos=1)
        stranger.until(lambda each=stranger: each.lost or each.granted is not None)
        assert stranger.lost or stranger.granted is False, topic


def test_a_device_reads_its_own_commands(machine, pen):
    device = Stranger(machine, str(pen.id), pen.secret)
    device.client.subscribe(f"pens/{pen.clinic.id}/{pen.id}/commands", qos=1)
    assert device.until(lambda: device.granted)
    machine.broker.management.call(
        "POST",
        "exchanges/%2F/amq.topic/publish",
        {
            "routing_key": pen.topic("commands"),
            "payload": "hello",
            "payload_encoding": "string",
            "properties": {},
        },
    )
    assert device.until(lambda: device.heard == [b"hello"])


def test_a_revoked_device_is_cut_off_and_stays_out(machine, pen, fleet, monkeypatch):
    monkeypatch.setenv("BROKER_MANAGEMENT_URL", machine.settings["BROKER_MANAGEMENT_URL"])
    device = Stranger(machine, str(pen.id), pen.secret)
    assert device.is_in
    revoked = fleet.http.as_(people.ALICE).delete(f"/v1/devices/{pen.id}/credentials")
    assert revoked.status_code == 204
    assert device.until(lambda: device.lost)
    assert not Stranger(machine, str(pen.id), pen.secret).is_in


def test_a_new_secret_ends_the_old_one_at_once_or_after_an_overlap(machine, pen, fleet):
    path = f"/v1/devices/{pen.id}/credentials"
    overlapping = fleet.http.as_(people.ALICE).post(path, json={"overlap_minutes": 60})
    assert Stranger(machine, str(pen.id), pen.secret).is_in
    assert Stranger(machine, str(pen.id), overlapping.json["secret"]).is_in

    sole = fleet.http.as_(people.ALICE).post(path, json={})
    for secret, is_in in ((pen.secret, False), (overlapping.json["secret"], False)):
        assert Stranger(machine, str(pen.id), secret).is_in is is_in
    assert Stranger(machine, str(pen.id), sole.json["secret"]).is_in


def test_a_retired_device_is_out(machine, pen, fleet, monkeypatch):
    monkeypatch.setenv("BROKER_MANAGEMENT_URL", machine.settings["BROKER_MANAGEMENT_URL"])
    device = Stranger(machine, str(pen.id), pen.secret)
    retired = fleet.http.as_(people.ALICE).post(f"/v1/devices/{pen.id}/retire")
    assert (retired.json["status"], retired.json["reasons"]) == ("retired", ["retired"])
    assert device.until(lambda: device.lost)
    assert not Stranger(machine, str(pen.id), pen.secret).is_in


def test_a_pen_of_the_kit_is_heard_alarmed_and_stopped(machine, fleet, pen, rows, announced):
    """The whole way: limits to the pen, readings in, alarm out, stop to the pen, its answer in."""
    machine.start_ingest()
    heard = []
    mine = machine.connected(pen, on_command=heard.append)
    at, session_id = just_now(), fleet.session(pen, {8: 650})
    assert loop.run_until([mine], lambda: heard, seconds=60)
    assert (heard[0]["command"], heard[0]["session_id"]) == ("set_limits", str(session_id))

    mine.record(a_batch(at, session_id=session_id, depth_um=900))
    assert loop.run_until([mine], lambda: len(heard) > 1 and not len(mine.store), seconds=60)
    assert (heard[1]["command"], heard[1]["reason"]) == ("stop", "depth_over_limit")
    assert [alarm["kind"] for alarm in announced("alarm_raised")] == ["depth_over_limit"]

    def all_answered():
        loop.turn([mine], 0.02)
        return rows("SELECT bool_and(done_at IS NOT NULL) AS done FROM device_telemetry.commands")

    until(lambda: all_answered()[0]["done"])
    [alarm] = fleet.http.as_(people.PRIYA).get("/v1/alarms").json["items"]
    assert alarm["device_stopped"] is True
    status = fleet.http.as_(people.PRIYA).get(f"/v1/devices/{pen.id}").json["status"]
    assert status == "idle"

    mine.switch(on=False, politely=False)
    until(lambda: sweep() or _status(rows, pen) == "offline")
    machine.stop_ingest()


def test_nothing_is_lost_while_nobody_is_at_the_door(machine, pen, fleet):
    """The broker may cut a pen that pauses, for it asks again; the pen keeps what it has.

    What it was not told of before the cut comes twice.
    """
    other = fleet.pen()
    mine = machine.connected(pen)
    machine.close_door()
    try:
        assert not Stranger(machine, str(other.id), other.secret).is_in
        for number in range(5):
            mine.record(a_batch(just_now(), seq=10 * number))
            loop.run_until([mine], lambda: False, seconds=0.2)
    finally:
        machine.open_door()
    assert loop.run_until([mine], lambda: not len(mine.store), seconds=90)
    taken = _taken(machine, *SHARDS, least=5)
    assert len({body for topic, body in taken if topic == pen.topic()}) == 5
    assert Stranger(machine, str(other.id), other.secret).is_in
    mine.switch(on=False)


def test_the_same_bytes_over_https_are_stored_like_those_over_mqtt(
    machine, fleet, pen, rows, monkeypatch
):
    monkeypatch.setenv("AMQP_URL", machine.settings["AMQP_URL"])
    path, body = f"/v1/devices/{pen.id}/batches", json.dumps({"v": 2}).encode()
    good = fleet.http.open("POST", path, data=body, auth=(str(pen.id), pen.secret))
    assert good.status_code == 202
    for auth in ((str(pen.id), "wrong"), ("x", pen.secret), None):
        assert fleet.http.open("POST", path, data=body, auth=auth).status_code == 401
    large = b"x" * (64 * 1024 + 1)
    refused = fleet.http.open("POST", path, data=large, auth=(str(pen.id), pen.secret))
    assert refused.status_code == 413

    machine.start_ingest()
    until(lambda: rows("SELECT reason FROM device_telemetry.set_aside"))
    machine.stop_ingest()


def test_a_batch_over_https_is_not_taken_while_the_broker_is_away(fleet, pen, monkeypatch):
    monkeypatch.setenv("AMQP_URL", "amqp://nobody:x@127.0.0.1:9/")
    path = f"/v1/devices/{pen.id}/batches"
    answer = fleet.http.open("POST", path, data=b"{}", auth=(str(pen.id), pen.secret))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def _status(rows, pen):
    [row] = rows("SELECT status FROM device_telemetry.devices WHERE id = %(id)s::uuid", id=pen.id)
    return row["status"]


def _taken(machine, *queues, least=0):
    """Take what waits, for no ingest runs: `least` messages, and what three seconds bring besides.

    Returns topics and bodies: the broker's statistics of its queues are late.
    """
    connection = pika.BlockingConnection(pika.URLParameters(machine.broker.amqp_url))
    channel, taken = connection.channel(), []

    def take(_channel, method, _head, body):
        taken.append((method.routing_key, body))

    for queue in queues:
        channel.basic_consume(queue, take, auto_ack=True)
    until(lambda: connection.process_data_events(time_limit=0.2) or len(taken) >= least)
    connection.sleep(3)
    connection.close()
    return taken
