"""A good pen's alarm while another pen floods: behind nobody's readings, lost in nobody's words."""

import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pika
import pytest

from deploy.devicekit import loop
from deploy.devicekit.wire import as_binary, as_json, rfc3339
from services.device_telemetry import ingest, listen
from services.device_telemetry.domain.floods import Allowance, Buckets
from services.device_telemetry.usecases import floods, lanes, urgency
from shared import clock
from shared.amqp.settling import Settling
from shared.process import Process
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.queue_at_hand import QueueAtHand, keep_out_who_floods
from tests.integration.device_telemetry.readings import a_batch
from tests.patience import until

FLOOD = 400
ALARMS = "SELECT device_id, kind FROM device_telemetry.alarms"
STOPS = "SELECT device_id FROM device_telemetry.commands WHERE command = 'stop'"
MINE = " AND device_id = %(device)s"
STORED = "SELECT count(*)::int AS n FROM device_telemetry.batches"
DEEP = {"zone": 8, "depth_um": 900, "limit_um": 650}


def test_an_alarm_is_stored_and_its_stop_obeyed_while_a_flood_of_readings_waits(
    machine, fleet, rows
):
    """Nothing takes the readings until the stop was obeyed: what is behind them would wait."""
    heard = []
    flooding, good = fleet.pen(), fleet.pen()
    floods_us = machine.connected(flooding)
    mine = machine.connected(good, on_command=heard.append)
    both = [floods_us, mine]
    machine.start("listen")
    fleet.session(good, {8: 650})
    assert loop.run_until(both, lambda: heard, seconds=60)
    at = just_now() - timedelta(minutes=10)
    for number in range(FLOOD):
        floods_us.record(a_batch(at, seq=10 * number))
        floods_us.say("needling_started", clock.now())
        if number == FLOOD // 2:
            mine.say("depth_over_limit", clock.now(), **DEEP)
            mine.record(a_batch(at))
    assert loop.run_until(both, lambda: heard[1:], seconds=120)
    assert heard[1]["command"] == "stop"
    until(lambda: rows(ALARMS) == [{"device_id": good.id, "kind": "depth_over_limit"}])
    done = f"{STOPS} AND done_at IS NOT NULL"
    assert loop.run_until(both, lambda: rows(done) == [{"device_id": good.id}], seconds=60)
    assert loop.run_until(both, lambda: not (len(mine.store) or len(floods_us.store)), seconds=120)
    assert (rows(STORED), _waiting(machine)) == ([{"n": 0}], FLOOD + 1)

    machine.start("ingest")
    until(lambda: rows(STORED) == [{"n": FLOOD + 1}])
    machine.stop_ingest()
    for each in both:
        each.switch(on=False)


@pytest.fixture
def small_buckets(monkeypatch):
    """An allowance of events that is used up soon, and a clock of it that stands still."""
    monkeypatch.setattr(floods, "_buckets", Buckets({"events": Allowance(1, 60)}))
    monkeypatch.setattr(floods, "_over", {})
    monkeypatch.setattr(floods, "time", SimpleNamespace(monotonic=lambda: 0.0))


@pytest.mark.usefixtures("small_buckets")
def test_an_alarm_in_the_midst_of_anothers_words_is_stored_before_those_behind_it(fleet, rows):
    good, flooding = fleet.pen(), fleet.pen()
    fleet.session(good, {8: 650})
    queue, at = QueueAtHand(), clock.now() - timedelta(seconds=1)
    for number in range(FLOOD):
        said = _said("needling_started", number, at)
        queue.put("events", flooding.topic("events"), said)
        if number == FLOOD // 4:
            queue.put("events", good.topic("events"), _said("depth_over_limit", 1, at, **DEEP))
    settling = queue.settling(lane="events", most=50)
    while not rows(ALARMS):
        assert settling.turn()
        keep_out_who_floods()
    assert len(queue.queued["events"]) >= FLOOD // 2  # the flood goes on
    assert rows(ALARMS) == [{"device_id": good.id, "kind": "depth_over_limit"}]
    assert rows(STOPS) == [{"device_id": good.id}]
    while queue.queued["events"]:
        settling.turn()
        keep_out_who_floods()
    heard = "SELECT device_id, count(*)::int AS n FROM device_telemetry.device_events GROUP BY 1"
    assert {row["device_id"]: row["n"] for row in rows(heard)} == {good.id: 1, flooding.id: FLOOD}
    kept_out = "SELECT device_id FROM device_telemetry.suspensions"
    assert rows(kept_out) == [{"device_id": flooding.id}]


@pytest.mark.parametrize(("process", "lane"), [("ingest", "readings"), ("listen", "events")])
def test_both_processes_keep_out_who_babbles(machine, pen, rows, process, lane):
    connection = pika.BlockingConnection(pika.URLParameters(machine.broker.amqp_url))
    channel = connection.channel()
    channel.confirm_delivery()
    for number in range(FLOOD):
        channel.basic_publish("amq.topic", pen.topic(lane), b"babble %d" % number)
    connection.close()
    machine.start(process)
    kept_out = "SELECT device_id, reason FROM device_telemetry.suspensions"
    until(lambda: rows(kept_out) == [{"device_id": pen.id, "reason": "flood"}])


@pytest.mark.parametrize("event", ["needling_started", "depth_over_limit", "babble"])
def test_an_alarm_behind_a_burst_of_anothers_words_does_not_wait_for_all_of_them(
    fleet, rows, event
):
    good, bursting = fleet.pen(), fleet.pen()
    fleet.session(good, {8: 650})
    queue, at = QueueAtHand(listen.OF_ONE), clock.now() - timedelta(seconds=1)
    for number in range(FLOOD):
        facts = DEEP if event == "depth_over_limit" else {}
        queue.put("events", bursting.topic("events"), _said(event, number, at, **facts))
    queue.put("events", good.topic("events"), _said("needling_started", 1, at))
    queue.put("events", good.topic("events"), _said("depth_over_limit", 2, at, **DEEP))
    settling = queue.settling(lane="events", most=listen.MOST)
    settling.turn()
    assert rows(STOPS + MINE, device=good.id) == [{"device_id": good.id}]
    assert len(queue.queued["events"]) == FLOOD - listen.OF_ONE
    while queue.queued["events"]:
        settling.turn()
    assert queue.unacknowledged == {}
    in_order = "SELECT seq::int FROM device_telemetry.device_events WHERE device_id = %(device)s "
    kept = rows(f"{in_order} ORDER BY received_at, seq", device=bursting.id)
    assert [row["seq"] for row in kept] == (list(range(FLOOD)) if event != "babble" else [])


def test_an_alarm_said_behind_a_burst_passes_it_at_the_broker_too(machine, fleet, rows):
    """The burst is there before anybody listens; when the alarm was stored most of it was not."""
    good, bursting = fleet.pen(), fleet.pen()
    fleet.session(good, {8: 650})
    at = clock.now() - timedelta(seconds=1)
    connection = pika.BlockingConnection(pika.URLParameters(machine.broker.amqp_url))
    channel = connection.channel()
    channel.confirm_delivery()
    for number in range(FLOOD):
        said = _said("needling_started", number, at)
        channel.basic_publish("amq.topic", bursting.topic("events"), said)
    said = _said("depth_over_limit", 1, at, **DEEP)
    channel.basic_publish("amq.topic", good.topic("events"), said)
    connection.close()
    machine.start("listen")
    heard = "SELECT count(*)::int AS n FROM device_telemetry.device_events"
    until(lambda: rows(heard) == [{"n": FLOOD + 1}])
    before = f"{heard} WHERE received_at < (SELECT min(raised_at) FROM device_telemetry.alarms)"
    assert rows(before)[0]["n"] < FLOOD // 2


@pytest.fixture
def unheard(monkeypatch):
    """Nobody's readings have gone first lately, and nobody's twice, however slow the machine."""
    monkeypatch.setattr(urgency, "_went_first", {})
    monkeypatch.setattr(urgency, "RESTS_S", 600)


def settling_readings(queue):
    lane = replace(lanes.settled("readings"), urgent=ingest.in_danger)
    return Settling(queue, {"readings": lane}, Process(), most=50)


def batches_of(rows):
    stored = "SELECT device_id, array_agg(seq::int ORDER BY seq) AS seqs FROM {} GROUP BY 1"
    return {
        row["device_id"]: row["seqs"] for row in rows(stored.format("device_telemetry.batches"))
    }


@pytest.mark.usefixtures("unheard")
@pytest.mark.parametrize(
    "facts",
    [
        {"depth_um": 900},
        {"temperature_cc": 6000},
        {"zone": 3},
        {"temperature_cc": 16000},  # no motor was ever so hot: that is set aside
        {"zone": 18},  # nor is there such a zone
    ],
)
@pytest.mark.parametrize("encode", [as_binary, as_json])
def test_readings_that_show_a_danger_are_stored_before_others_and_after_their_own(
    fleet, rows, facts, encode
):
    others, deep = [fleet.pen() for _ in range(3)], fleet.pen()
    session_id, queue, at = fleet.session(deep, {8: 650}), QueueAtHand(), just_now()
    for seq in range(0, 500, 10):
        for each in others:
            queue.put("readings", each.topic(), as_binary(a_batch(at, seq=seq)))
        shows = facts if seq == 300 else {}
        body = encode(a_batch(at, seq=seq, session_id=session_id, **shows))
        queue.put("readings", deep.topic(), body)
    settling = settling_readings(queue)
    settling.turn()
    assert rows(STOPS) == [{"device_id": deep.id}]
    kept = facts not in ({"temperature_cc": 16000}, {"zone": 18})
    assert batches_of(rows) == {deep.id: [*range(0, 300, 10), *[300] * kept]}
    settling.turn()
    assert set(batches_of(rows)) == {deep.id, *(each.id for each in others)}
    while queue.queued["readings"]:
        settling.turn()
    assert queue.unacknowledged == {}
    assert {each: len(seqs) for each, seqs in batches_of(rows).items()} == {
        deep.id: 49 + kept,
        **{each.id: 50 for each in others},
    }
    assert len(rows("SELECT 1 FROM device_telemetry.gaps")) == (not kept)


@pytest.mark.usefixtures("unheard")
def test_a_pen_that_shows_nothing_but_danger_does_not_always_go_first(fleet, rows):
    hot, others = fleet.pen(), [fleet.pen() for _ in range(3)]
    queue, at = QueueAtHand(), just_now()
    settling = settling_readings(queue)
    for turn in range(4):
        for seq in range(250 * turn, 250 * (turn + 1), 10):
            for each in others:
                queue.put("readings", each.topic(), as_binary(a_batch(at, seq=seq)))
            body = as_binary(a_batch(at, seq=seq, temperature_cc=6000))
            queue.put("readings", hot.topic(), body)
        settling.turn()
    stored = {each: len(seqs) for each, seqs in batches_of(rows).items()}
    assert stored[hot.id] < 50
    assert all(stored[each.id] > 30 for each in others)


def _said(event, seq, at, **facts):
    said = {"v": 1, "boot_id": 1, "seq": seq, "at": rfc3339(at), "event": event} | facts
    return json.dumps(said).encode()


def _waiting(machine):
    """Return how many messages wait in the queues of readings."""
    connection = pika.BlockingConnection(pika.URLParameters(machine.broker.amqp_url))
    try:
        channel = connection.channel()
        return sum(
            channel.queue_declare(queue, passive=True).method.message_count
            for queue in lanes.BULK["readings"]
        )
    finally:
        connection.close()
