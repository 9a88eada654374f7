"""What was acknowledged and not stored: who sees it, how much is kept, how it is tried again."""

import json
from contextlib import suppress
from datetime import timedelta

import psycopg2
import pytest

from deploy.devicekit import wire
from deploy.devicekit.wire import rfc3339
from services.device_telemetry import timer
from services.device_telemetry.domain import coverage
from services.device_telemetry.usecases import lanes, replays, set_aside
from services.device_telemetry.usecases.set_aside import Message
from shared import clock, db, ids
from tests import people
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch, arrive
from tests.integration.device_telemetry.sayings import is_on_line

COUNTS = "SELECT reason, sum(times)::int AS times FROM device_telemetry.set_aside_counts GROUP BY 1"
KEPT = "SELECT count(*)::int AS n, sum(times)::int AS times FROM device_telemetry.set_aside"


def listed(fleet, who, **query):
    answer = fleet.http.as_(who).get("/v1/set-aside", query_string=query)
    assert answer.status_code == 200, answer.json
    return [item["reason"] for item in answer.json["items"]]


def give_up(pen, body):
    with db.transaction(db.EVERY_CLINIC) as tx:
        lanes.give_up(tx, [Message(pen.topic(), body)], clock.now())


def on_the_list(fleet):
    [item] = fleet.http.as_(people.HANNA).get("/v1/set-aside").json["items"]
    return item


def replayed(fleet, who, item):
    return fleet.http.as_(who).post(f"/v1/set-aside/{item['id']}/replay")


def due(now):
    return timer.Replayer()(now)


def test_staff_see_what_their_devices_sent_and_headquarters_sees_what_is_nobodys(fleet):
    soho, lisbon = fleet.pen(), fleet.pen(people.LISBON)
    arrive(soho.topic(), [b"{}"])
    arrive(lisbon.topic(), [b"nothing"])
    arrive(f"pens.{soho.clinic.id}.{ids.new()}.readings", [wire.as_binary(a_batch(just_now()))])
    arrive("pens.x", [b"?"])
    assert len(listed(fleet, people.ALICE)) == 1
    assert len(listed(fleet, people.CHARLIE)) == 1
    of_all = ["bad_envelope", "bad_topic", "unknown_device", "unknown_encoding"]
    assert sorted(listed(fleet, people.HANNA)) == of_all
    assert listed(fleet, people.HANNA, reason="unknown_device") == ["unknown_device"]
    assert len(listed(fleet, people.HANNA, clinic_id=str(soho.clinic.id))) == 1
    assert len(listed(fleet, people.HANNA, device_id=str(lisbon.id))) == 1
    assert listed(fleet, people.ALICE, device_id=str(lisbon.id)) == []
    elsewhere = {"clinic_id": str(lisbon.clinic.id)}
    hidden = fleet.http.as_(people.ALICE).get("/v1/set-aside", query_string=elsewhere)
    assert hidden.status_code == 404


def test_of_a_device_that_babbles_some_is_kept_and_all_is_counted(fleet, rows, monkeypatch):
    monkeypatch.setattr(set_aside, "MOST_OF_A_DEVICE", 20)
    babbling, other = fleet.pen(), fleet.pen()
    for step in range(4):
        arrive(babbling.topic(), [b"babble %d %d" % (step, number) for number in range(30)])
    assert rows(KEPT) == [{"n": 20, "times": 20}]
    assert [row["times"] for row in rows(COUNTS)] == [120]
    shown = fleet.http.as_(people.ALICE).get(f"/v1/devices/{babbling.id}").json
    assert shown["set_aside"] == 120

    arrive(babbling.topic(), [b"babble 0 0"] * 5 + [b"more"])
    assert rows(KEPT) == [{"n": 20, "times": 25}]
    arrive(other.topic(), [b"seldom"])
    assert rows(KEPT)[0]["n"] == 21


def test_all_devices_together_fill_only_so_much_but_our_own_fault_is_always_kept(
    fleet, rows, monkeypatch
):
    monkeypatch.setattr(set_aside, "MOST_BYTES", 1000)
    for _ in range(4):
        arrive(fleet.pen().topic(), [b"x" * 300])
    assert rows(KEPT)[0]["n"] == 3
    give_up(fleet.made[0], wire.as_binary(a_batch(just_now(), n=100)))
    assert rows(KEPT)[0]["n"] == 4
    assert sum(row["times"] for row in rows(COUNTS)) == 5


def test_what_is_stored_in_the_end_leaves_its_room_to_others(pen, fleet, rows, monkeypatch):
    monkeypatch.setattr(set_aside, "MOST_BYTES", 1000)
    give_up(pen, wire.as_binary(a_batch(just_now(), n=100)))
    arrive(fleet.pen().topic(), [b"x" * 300])
    assert rows(KEPT)[0]["n"] == 1
    due(clock.now() + timedelta(minutes=6))
    arrive(fleet.pen().topic(), [b"x" * 300])
    assert rows("SELECT octet_length(body) AS bytes FROM device_telemetry.set_aside") == [
        {"bytes": 300}
    ]


def test_what_failed_by_our_fault_is_stored_later_by_itself(pen, rows):
    give_up(pen, wire.as_binary(a_batch(just_now(), seq=0, n=10)))
    assert due(clock.now()) is False
    assert rows("SELECT 1 FROM device_telemetry.batches") == []
    due(clock.now() + timedelta(minutes=6))
    assert rows("SELECT n FROM device_telemetry.batches") == [{"n": 10}]
    assert rows("SELECT samples::int FROM device_telemetry.minutes") == [{"samples": 10}]
    assert rows(KEPT)[0]["n"] == 0


def test_what_fails_again_is_tried_less_and_less_often_and_then_left_to_a_person(
    pen, rows, monkeypatch
):
    give_up(pen, wire.as_binary(a_batch(just_now())))

    def fail(*_):
        raise ValueError

    monkeypatch.setitem(lanes.APPLY, "readings", fail)
    waits, now = [], clock.now()
    while again := rows("SELECT again_at FROM device_telemetry.set_aside")[0]["again_at"]:
        waits.append(again - now)
        now = again
        due(now)
    assert len(waits) == replays.MOST_TRIES + 1
    assert waits == sorted(waits)
    assert rows(KEPT) == [{"n": 1, "times": 1}]


def test_a_batch_beyond_the_most_holes_is_stored_once_the_holes_have_closed(pen, rows, monkeypatch):
    monkeypatch.setattr(coverage, "MOST_RANGES", 2)
    at = just_now()
    bodies = [wire.as_binary(a_batch(at, seq=seq, n=10)) for seq in range(0, 60, 10)]
    arrive(pen.topic(), [bodies[0], bodies[2], bodies[4]])
    assert [row["reason"] for row in rows(COUNTS)] == ["too_many_gaps"]
    due(clock.now() + timedelta(minutes=11))
    assert rows(KEPT)[0]["n"] == 1
    arrive(pen.topic(), [bodies[1], bodies[3]])
    due(clock.now() + timedelta(days=1))
    assert rows(KEPT)[0]["n"] == 0
    assert rows("SELECT sum(n)::int AS n FROM device_telemetry.batches") == [{"n": 50}]


def test_headquarters_has_one_tried_again_after_mending_the_fault(fleet, pen, rows, monkeypatch):
    give_up(pen, wire.as_binary(a_batch(just_now())))
    item = on_the_list(fleet)
    assert replayed(fleet, people.ALICE, item).status_code == 403
    with monkeypatch.context() as broken:

        def fail(tx, *_):
            tx.run("SELECT 1/0")

        broken.setitem(lanes.APPLY, "readings", fail)
        refused = replayed(fleet, people.HANNA, item)
        assert (refused.status_code, refused.json["type"].rpartition("/")[2]) == (
            409,
            "still-refused",
        )
    assert replayed(fleet, people.HANNA, item).status_code == 204
    assert rows("SELECT n FROM device_telemetry.batches") == [{"n": 10}]
    assert replayed(fleet, people.HANNA, item).status_code == 404


@pytest.mark.parametrize("body", [b"{}", b"x" * (64 * 1024 + 1)])
def test_what_is_refused_for_the_same_reason_stays_as_it_was(fleet, pen, rows, body):
    arrive(pen.topic(), [body])
    item = on_the_list(fleet)
    assert replayed(fleet, people.HANNA, item).status_code == 409
    assert on_the_list(fleet) == item
    assert [row["times"] for row in rows(COUNTS)] == [1]


def test_what_is_now_refused_for_another_reason_is_listed_under_that(fleet, pen):
    give_up(pen, b"{}")
    assert replayed(fleet, people.HANNA, on_the_list(fleet)).status_code == 204
    assert listed(fleet, people.HANNA) == ["bad_envelope"]


def test_what_was_set_aside_is_forgotten_after_its_time(pen, rows):
    arrive(pen.topic(), [b"{}"])
    with db.transaction(db.EVERY_CLINIC) as tx:
        set_aside.forget_old(tx, clock.now() + timedelta(days=89))
        assert len(tx.all(COUNTS)) == 1
        set_aside.forget_old(tx, clock.now() + timedelta(days=92))
    assert rows(KEPT)[0]["n"] == 0
    assert rows(COUNTS) == []


def wild_readings(pen, many):
    """Keep so many readings of a clock that was an hour ahead, and return the last one's time."""
    now = clock.now()
    at = now + timedelta(hours=1)
    arrive(pen.topic(), [wire.as_binary(a_batch(at, seq=10 * each)) for each in range(many)])
    return now + timedelta(hours=2)


def samples_of(rows):
    stored = "SELECT device_id, sum(n)::int AS n FROM device_telemetry.batches GROUP BY 1"
    return {row["device_id"]: row["n"] for row in rows(stored)}


def test_however_much_of_one_pen_is_due_another_pens_is_tried_in_the_same_turn(fleet, rows):
    wild, others = fleet.pen(), [fleet.pen(), fleet.pen()]
    now = wild_readings(wild, 3 * timer.TRIED_AT_ONCE)
    for each in others:
        wild_readings(each, 1)
    replayer = timer.Replayer()
    assert replayer(now)
    assert {each.id: 10 for each in others}.items() <= samples_of(rows).items()
    while replayer(now):
        pass
    assert samples_of(rows)[wild.id] == 3 * timer.TRIED_AT_ONCE * 10
    assert rows(KEPT)[0]["n"] == 0


def test_of_more_pens_than_are_tried_in_a_turn_the_next_turn_begins_where_the_last_ended(
    fleet, rows, monkeypatch
):
    monkeypatch.setattr(timer, "TRIED_AT_ONCE", 2)
    pens = sorted((fleet.pen() for _ in range(5)), key=lambda pen: pen.id)
    now = max([wild_readings(pen, 3) for pen in pens])
    replayer = timer.Replayer()
    for _ in range(3):
        assert replayer(now)
    found = samples_of(rows)
    assert [found[pen.id] for pen in pens] == [20, 10, 10, 10, 10]


def test_what_cannot_even_be_tried_keeps_no_other_pens_from_being_stored(fleet, rows, monkeypatch):
    """The database ends the transaction of the first pen, each time."""
    broken, other = sorted((fleet.pen(), fleet.pen()), key=lambda pen: pen.id)
    now = max(wild_readings(pen, 2) for pen in (broken, other))
    real = lanes.APPLY["readings"]

    def apply(tx, messages, now):
        if str(broken.id) in messages[0].topic:
            raise psycopg2.errors.DeadlockDetected
        real(tx, messages, now)

    monkeypatch.setitem(lanes.APPLY, "readings", apply)
    replayer = timer.Replayer()
    for _ in range(4):
        with suppress(psycopg2.errors.DeadlockDetected):
            replayer(now)
    assert samples_of(rows) == {other.id: 20}


def test_what_is_nobodys_has_its_turn_among_the_devices(fleet, rows):
    """A message of a device that was removed, say: it fails, and is tried less and less often."""
    wild = fleet.pen()
    now = wild_readings(wild, 2 * timer.TRIED_AT_ONCE)
    stranger = Message(f"pens.{wild.clinic.id}.{ids.new()}.readings", b"{}")
    with db.transaction(db.EVERY_CLINIC) as tx:
        lanes.give_up(tx, [stranger], clock.now())
    timer.Replayer()(now)
    failed = "SELECT 1 FROM device_telemetry.set_aside WHERE reason = 'failed' AND tries = 0"
    assert rows(failed) == []


def tried_again(pen, lane, **said):
    """Bring in words that failed by our fault ten minutes ago."""
    body, came_at = json.dumps({"v": 1} | said).encode(), clock.now() - timedelta(minutes=10)
    with db.transaction(db.EVERY_CLINIC) as tx:
        lanes.APPLY[lane](tx, [Message(pen.topic(lane), body, came_at)], clock.now())


def test_a_danger_that_is_tried_again_stops_nobody_whatever_it_says_of_its_time(
    pen, announced, rows
):
    is_on_line(pen)
    tried_again(pen, "events", event="fault")
    assert [(alarm["kind"], alarm["late"]) for alarm in announced("alarm_raised")] == [
        ("fault", True)
    ]
    assert rows("SELECT 1 FROM device_telemetry.commands") == []


@pytest.mark.parametrize("hours", [-1, 1])
def test_an_event_that_is_tried_again_is_no_sign_of_life_and_rings_for_no_clock(
    pen, announced, rows, hours
):
    said = {"boot_id": 1, "seq": 1, "event": "needling_started"}
    tried_again(pen, "events", at=rfc3339(clock.now() + timedelta(hours=hours)), **said)
    assert rows("SELECT 1 FROM device_telemetry.device_states") == []
    assert announced("alarm_raised") == []
    assert rows("SELECT status FROM device_telemetry.devices") == [{"status": "registered"}]


def test_a_last_will_that_is_tried_again_takes_nobody_off_line(pen, rows):
    is_on_line(pen, connection=1)
    tried_again(pen, "status", online=False, connection=1)
    gone = "SELECT gone_at FROM device_telemetry.device_states"
    assert rows(gone) == [{"gone_at": None}]
