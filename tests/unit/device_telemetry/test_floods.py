"""How much a device may send before it is kept out."""

from datetime import UTC, datetime

import pytest

from deploy.devicekit import store, wire
from services.device_telemetry.domain import floods
from services.device_telemetry.domain.floods import Allowance, Buckets
from services.device_telemetry.usecases import lanes
from tests.integration.device_telemetry.readings import a_batch

DAY_S = 86_400


def taken(buckets, many, *, every_s, times, sender="pen", start=0.0):
    return [buckets.take("readings", sender, many, start + n * every_s) for n in range(times)]


def test_a_device_may_send_its_rate_for_ever():
    buckets = Buckets({"readings": Allowance(50, 100)})
    assert all(taken(buckets, 50, every_s=1.0, times=10_000))


def test_a_device_may_send_at_once_what_it_kept_off_line():
    buckets = Buckets({"readings": Allowance(50, 20_000)})
    assert all(taken(buckets, 200, every_s=0.1, times=100))


def test_a_device_that_sends_twice_its_rate_is_over_once_its_allowance_is_gone():
    buckets = Buckets({"readings": Allowance(50, 1000)})
    found = taken(buckets, 100, every_s=1.0, times=30)
    assert found.index(False) == 19


def test_one_who_was_told_begins_anew():
    buckets = Buckets({"readings": Allowance(1, 10)})
    assert taken(buckets, 11, every_s=0.0, times=1) == [False]
    assert taken(buckets, 10, every_s=0.0, times=1) == [True]


@pytest.mark.parametrize(("begins_anew", "bounded"), [(False, True), (True, False)])
def test_where_nobody_begins_anew_a_pause_is_no_way_around_the_rate(begins_anew, bounded):
    buckets = Buckets({"readings": Allowance(1, 10_000, begins_anew=begins_anew)})
    sent, now_s = 0, 0.0
    while now_s < DAY_S:
        sent += 100
        now_s += 1 if buckets.take("readings", "pen", 100, now_s) else 600
    assert (sent < 10_000 + 2 * DAY_S) is bounded


def test_one_device_uses_nothing_of_anothers():
    buckets = Buckets({"readings": Allowance(1, 10)})
    assert all(taken(buckets, 10, every_s=0.0, times=1, sender=n) for n in range(100))


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(floods, "MOST_KEYS", 100)
    buckets = Buckets({"readings": Allowance(1, 10)})
    for sender in range(1000):
        buckets.take("readings", sender, 1, 0.0)
        assert len(buckets._left) <= 100  # noqa: SLF001 # what is bounded cannot be seen from outside


def test_an_honest_pens_flash_may_come_at_once():
    batch = wire.as_binary(a_batch(datetime(2030, 1, 7, tzinfo=UTC), n=10))
    assert floods.USUAL["readings"].at_once * len(batch) >= store.MOST_BYTES


def test_every_usual_allowance_holds_a_minute_of_its_rate():
    assert all(each.at_once >= 60 * each.per_s for each in floods.USUAL.values())


def test_a_flash_full_of_events_may_come_at_once():
    shortest = b'{"v": 1, "boot_id": 1, "seq": 1, "at": "2030-01-07T10:12:09Z", "event": "fault"}'
    assert floods.USUAL["events"].at_once >= store.KEPT_FOR_EVENTS // len(shortest)


@pytest.mark.parametrize("kind", ["readings", "events", "samples"])
def test_what_keeps_others_waiting_or_fills_the_disk_is_bounded_through_every_pause(kind):
    usual = floods.USUAL[kind]
    buckets, some = Buckets(), int(usual.per_s * 20)
    sent, now_s = 0, 0.0
    while now_s < DAY_S:
        sent += some
        now_s += 1 if buckets.take(kind, "pen", some, now_s) else 600
    assert sent < usual.at_once + 1.2 * usual.per_s * DAY_S


def test_no_lane_and_no_kind_of_excess_is_without_an_allowance():
    """What has none may be sent without end."""
    counted = {*lanes.APPLY, "repeats", "set_aside", "samples"} - {"unrouted"}
    assert counted == set(floods.USUAL)
