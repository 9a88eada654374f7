"""A device that sends without end is kept out for a while, and harms no other."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from types import SimpleNamespace

import pytest

from deploy.devicekit import wire
from services.device_telemetry.domain import coverage
from services.device_telemetry.domain.floods import USUAL, Allowance, Buckets
from services.device_telemetry.usecases import credentials, floods
from shared import clock, db
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.queue_at_hand import QueueAtHand, keep_out_who_floods
from tests.integration.device_telemetry.readings import a_batch, arrive

STREAMS, BATCHES = "device_telemetry.streams", "device_telemetry.batches"
SUSPENDED = "SELECT device_id, reason FROM device_telemetry.suspensions"


@pytest.fixture(autouse=True)
def buckets(monkeypatch):
    """Allowances that a test can use up, and a clock of theirs that stands still."""
    small = dict.fromkeys(USUAL, Allowance(1, 60)) | {"samples": USUAL["samples"]}
    monkeypatch.setattr(floods, "_buckets", Buckets(small))
    monkeypatch.setattr(floods, "_over", {})
    monkeypatch.setattr(floods, "time", SimpleNamespace(monotonic=lambda: 0.0))


def settle(queue, lane="readings"):
    settling = queue.settling(lane=lane, most=50)
    while queue.queued[lane]:
        settling.turn()
    keep_out_who_floods()


def lets_in(pen, *, after=timedelta()):
    with db.transaction(db.EVERY_CLINIC) as tx:
        return credentials.entry(tx, pen.id, clock.now() + after) is not None


def test_a_pen_that_repeats_without_end_is_kept_out_and_a_good_ones_readings_are_whole(fleet, rows):
    good, flooding = fleet.pen(), fleet.pen()
    queue, at = QueueAtHand(), just_now()
    for number in range(50):
        queue.put("readings", good.topic(), wire.as_binary(a_batch(at, seq=10 * number)))
        for _ in range(4):
            queue.put("readings", flooding.topic(), wire.as_binary(a_batch(at)))
    settle(queue)
    stored = "SELECT device_id, count(*)::int AS n FROM device_telemetry.batches GROUP BY 1"
    assert {row["device_id"]: row["n"] for row in rows(stored)} == {good.id: 50, flooding.id: 1}
    assert [row["device_id"] for row in rows(SUSPENDED)] == [flooding.id]
    assert [row["device_id"] for row in rows("SELECT device_id FROM device_telemetry.cuts")] == [
        flooding.id
    ]
    assert (lets_in(good), lets_in(flooding)) == (True, False)
    assert lets_in(flooding, after=timedelta(minutes=11))

    path = f"/v1/devices/{flooding.id}/batches"
    knock = fleet.http.open("POST", path, data=b"{}", auth=(str(flooding.id), flooding.secret))
    assert knock.status_code == 401


@pytest.mark.parametrize("lane", ["readings", "events", "status"])
def test_a_pen_that_babbles_is_kept_out_and_all_it_sent_is_counted(pen, rows, lane):
    queue = QueueAtHand()
    for number in range(300):
        queue.put(lane, pen.topic(lane), b"babble %d" % number)
    settle(queue, lane)
    assert rows(SUSPENDED) == [{"device_id": pen.id, "reason": "flood"}]
    counted = "SELECT sum(times)::int AS times FROM device_telemetry.set_aside_counts"
    assert rows(counted) == [{"times": 300}]


def test_a_pen_within_its_allowance_is_not_kept_out(pen, rows):
    queue = QueueAtHand()
    for number in range(60):
        queue.put("readings", pen.topic(), wire.as_binary(a_batch(just_now(), seq=10 * number)))
    settle(queue)
    assert rows(SUSPENDED) == []
    assert lets_in(pen)


def test_a_pen_is_found_to_flood_before_its_messages_have_had_their_turn(pen, rows):
    queue = QueueAtHand(of_one=5)
    for number in range(100):
        queue.put("events", pen.topic("events"), b"babble %d" % number)
    queue.settling(lane="events").turn()
    keep_out_who_floods()
    assert len(queue.queued["events"]) == 95
    assert rows(SUSPENDED) == [{"device_id": pen.id, "reason": "flood"}]


@pytest.mark.parametrize("lane", ["readings", "events", "status"])
def test_a_pen_that_floods_with_what_it_lets_expire_is_found_as_well(pen, lane):
    """By MQTT 5: it comes as unrouted then, with thousands at once and no end."""
    queue = QueueAtHand()
    for number in range(100):
        queue.put("unrouted", pen.topic(lane), b"babble %d" % number)
    queue.settling(lane="unrouted", most=5).turn()
    assert floods.found()


def test_what_the_broker_brings_again_is_not_counted_again(pen, rows):
    """We were away: it had been with us, and was not acknowledged."""
    queue = QueueAtHand()
    for number in range(100):
        said = {"v": 1, "online": True, "at": wire.rfc3339(clock.now()), "battery_permille": number}
        body = json.dumps(said).encode()
        queue.put("status", pen.topic("status"), body, returned=number // 50)
    queue.settling(lane="status").turn()
    assert rows(SUSPENDED) == []
    assert not floods.found()


def test_a_pen_that_fills_the_disk_is_kept_out_and_a_repeat_fills_nothing(fleet, rows, monkeypatch):
    hundred = Allowance(1, 100, begins_anew=False)
    monkeypatch.setattr(floods, "_buckets", Buckets({**USUAL, "samples": hundred}))
    filling, repeating, at = fleet.pen(), fleet.pen(), just_now()
    queue = QueueAtHand()
    for number in range(11):
        queue.put("readings", filling.topic(), wire.as_binary(a_batch(at, seq=10 * number)))
        queue.put("readings", repeating.topic(), wire.as_binary(a_batch(at)))
    settle(queue)
    assert rows(SUSPENDED) == [{"device_id": filling.id, "reason": "flood"}]
    stored = "SELECT device_id, count(*)::int AS n FROM device_telemetry.batches GROUP BY 1"
    assert {row["device_id"]: row["n"] for row in rows(stored)} == {filling.id: 11, repeating.id: 1}


def test_a_pen_may_bring_a_full_flash_but_not_repeat_as_much(fleet, rows):
    floods._buckets.allowances["readings"] = USUAL["readings"]  # noqa: SLF001 # of this test's own
    back, repeating = fleet.pen(), fleet.pen()
    queue, at = QueueAtHand(), just_now()
    for number in range(100):
        queue.put("readings", back.topic(), wire.as_binary(a_batch(at, seq=10 * number)))
        queue.put("readings", repeating.topic(), wire.as_binary(a_batch(at)))
    settle(queue)
    assert [row["device_id"] for row in rows(SUSPENDED)] == [repeating.id]


def test_what_comes_from_nobody_keeps_nobody_out(pen, rows):
    queue = QueueAtHand()
    for number in range(200):
        queue.put("readings", "pens.x", b"babble %d" % number)
    settle(queue)
    assert rows(SUSPENDED) == []


def test_a_pen_that_invents_starts_is_kept_out_and_no_row_is_begun_for_them(
    fleet, rows, monkeypatch
):
    monkeypatch.setattr(coverage, "MOST_BOOTS", 3)
    good, inventing = fleet.pen(), fleet.pen()
    queue, at = QueueAtHand(), just_now()
    for boot_id in (5, 1, 9, 2, 7):
        queue.put("readings", inventing.topic(), wire.as_binary(a_batch(at, boot_id=boot_id)))
        queue.put("readings", good.topic(), wire.as_binary(a_batch(at, seq=10 * boot_id)))
    settle(queue)
    for boot_id in (1, 2, 5, 12):
        body = wire.as_binary(a_batch(at, boot_id=boot_id, seq=10))
        queue.put("readings", inventing.topic(), body)
    settle(queue)
    counted = "SELECT device_id, array_agg(boot_id ORDER BY boot_id) AS boots FROM {} GROUP BY 1"
    begun = {row["device_id"]: row["boots"] for row in rows(counted.format(STREAMS))}
    assert begun == {good.id: [17], inventing.id: [1, 2, 5]}
    stored = {row["device_id"]: len(row["boots"]) for row in rows(counted.format(BATCHES))}
    assert stored == {good.id: 5, inventing.id: 6}
    aside = "SELECT device_id, reason, times::int FROM device_telemetry.set_aside_counts"
    assert rows(aside) == [{"device_id": inventing.id, "reason": "too_many_boots", "times": 3}]
    assert [row["device_id"] for row in rows(SUSPENDED)] == [inventing.id]


def test_streams_are_begun_once_by_two_that_begin_them_at_the_same_time(pen, rows):
    """Whoever comes second waits for the first, and finds the stream begun."""
    for turn in range(10):
        bodies = [wire.as_binary(a_batch(just_now(), boot_id=turn, seq=10 * n)) for n in range(2)]
        together = Barrier(2)

        def bring(body, together=together):
            together.wait()
            arrive(pen.topic(), [body])

        with ThreadPoolExecutor(2) as both:
            list(both.map(bring, bodies))
    begun = "SELECT boot_id::int, covered FROM device_telemetry.streams ORDER BY boot_id"
    assert rows(begun) == [{"boot_id": turn, "covered": [0, 20]} for turn in range(10)]
