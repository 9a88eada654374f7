"""Lanes beside each other: none waits for another, none loses what came by another's way."""

import json
from contextlib import closing
from datetime import timedelta

import psycopg2
import pytest

from deploy.devicekit.wire import as_binary, rfc3339
from services.device_telemetry.store import commands, device_events
from services.device_telemetry.store import set_aside as aside_store
from services.device_telemetry.usecases import readings, set_aside, statuses
from services.device_telemetry.usecases.set_aside import Message
from shared import clock, db
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch, arrive
from tests.integration.device_telemetry.test_sayings import REASONS, is_on_line, kinds


def test_what_a_device_said_while_its_queues_were_gone_is_stored_all_the_same(pen, rows, announced):
    at = just_now()
    batches = [as_binary(a_batch(at, seq=10 * number)) for number in range(250)]
    arrive(pen.topic(), batches, lane="unrouted")
    said = {"v": 1, "boot_id": 1, "seq": 1, "at": rfc3339(clock.now()), "event": "fault"}
    arrive(pen.topic("events"), [json.dumps(said).encode()], lane="unrouted")
    arrive(pen.topic(), [b"no batch"], lane="unrouted")
    assert rows("SELECT sum(n) AS n FROM device_telemetry.batches") == [{"n": 2500}]
    assert "fault" in kinds(announced)
    assert rows(REASONS) == [{"reason": "unknown_encoding", "times": 1}]


def test_readings_never_wait_for_a_word_of_their_device_nor_crosswise(fleet, pen, rows):
    both = sorted([fleet.pen(), pen], key=lambda each: each.id)
    for each in both:
        is_on_line(each, clock.now() - timedelta(seconds=30))
    seen = "SELECT device_id, last_seen_at FROM device_telemetry.device_states ORDER BY device_id"
    before = rows(seen)
    now = clock.now()
    word = json.dumps({"v": 1, "online": True, "at": rfc3339(now)}).encode()
    with db.transaction(db.EVERY_CLINIC) as tx:
        statuses.hear(tx, [Message(both[1].topic("status"), word)], now)
        with db.transaction(db.EVERY_CLINIC) as other:
            other.run("SET LOCAL lock_timeout = '500ms'")
            topics = [each.topic() for each in both]
            body = as_binary(a_batch(now, speed_rpm=0))
            readings.store(other, [Message(topic, body) for topic in topics], now)
    after = rows(seen)
    assert all(
        late["last_seen_at"] > early["last_seen_at"]
        for early, late in zip(before, after, strict=True)
    )


REMOVED = "Rows Removed by Filter"


def read_in_vain(plan):
    """Return how many rows a plan read and threw away."""
    return plan.get(REMOVED, 0) + sum(map(read_in_vain, plan.get("Plans", ())))


@pytest.fixture
def in_vain():
    """in_vain(query, values): how many rows it reads that it does not want, by index."""

    def ask(query, values):
        with db.transaction(db.EVERY_CLINIC) as tx:
            tx.run("SET LOCAL enable_seqscan = off")
            [row] = tx.all(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", values)
        return read_in_vain(row["QUERY PLAN"][0]["Plan"])

    return ask


def test_commands_that_nobody_answered_in_time_are_not_read_again_and_again(
    pen, rows, in_vain, admin_dsn
):
    now = clock.now()
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run(
            "INSERT INTO device_telemetry.commands (id, device_id, clinic_id, command, body, "
            "made_at, next_at, expires_at) SELECT gen_random_uuid(), %(device)s, %(clinic)s, "
            "'stop', '{}', at, at, at FROM (SELECT %(now)s - each * interval '1 minute' AS at "
            "FROM generate_series(300, 900) AS each) AS old",
            {"device": pen.id, "clinic": pen.clinic.id, "now": now},
        )
    # else the figures are another test's, whose commands were all due, and any index looks as good
    with closing(psycopg2.connect(admin_dsn)) as owner, owner, owner.cursor() as cursor:
        cursor.execute("ANALYZE device_telemetry.commands")
    oldest = now - timedelta(hours=4)
    assert in_vain(commands.SQL["take_due"], {"now": now, "oldest": oldest}) == 0
    asked = {"device_id": pen.id, "clinic_id": pen.clinic.id, "session_id": None}
    assert in_vain(commands.SQL["stop_lately"], asked | {"since": now, "now": now}) == 0


def test_whatever_else_a_device_says_is_not_read_to_know_its_latest_word(pen, in_vain, admin_dsn):
    now = clock.now()
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run(
            "INSERT INTO device_telemetry.device_events (device_id, boot_id, seq, clinic_id, "
            "event, said_at, received_at, facts) SELECT %(device)s, 9, each, %(clinic)s, 'fault', "
            "%(now)s, %(now)s, '{}' FROM generate_series(1, 2000) AS each",
            {"device": pen.id, "clinic": pen.clinic.id, "now": now},
        )
    with closing(psycopg2.connect(admin_dsn)) as owner, owner, owner.cursor() as cursor:
        cursor.execute("ANALYZE device_telemetry.device_events")
    kinds = ["needling_started", "needling_stopped"]
    asked = {"device_id": pen.id, "boot_id": 1, "seq": 1, "said_at": now, "events": kinds}
    assert in_vain(device_events.SQL["overtaken"], asked) == 0


def test_readings_that_are_set_aside_are_not_read_to_know_what_is_kept_of_others_words(
    fleet, pen, in_vain, admin_dsn
):
    query, readings = aside_store.SQL["kept"], sorted(set_aside.READINGS)
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run(
            "INSERT INTO device_telemetry.set_aside (id, topic, clinic_id, device_id, reason, "
            "detail, body, body_sha256, first_at, last_at) SELECT gen_random_uuid(), each::text, "
            "%(clinic)s, %(device)s, reason, '', '', '', now(), now() "
            "FROM generate_series(1, 500) AS each, unnest(%(reasons)s) AS reason",
            {"device": pen.id, "clinic": pen.clinic.id, "reasons": readings},
        )
    with closing(psycopg2.connect(admin_dsn)) as owner, owner, owner.cursor() as cursor:
        cursor.execute("ANALYZE device_telemetry.set_aside")
    asked = {"readings": readings, "nobody": aside_store.NOBODY, "most": 200}
    assert in_vain(query, asked | {"device_ids": [pen.id, fleet.pen().id]}) == 0


def test_what_is_kept_of_one_pen_is_not_read_to_know_whose_turn_it_is(
    fleet, pen, in_vain, admin_dsn
):
    now = clock.now()
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run(
            "INSERT INTO device_telemetry.set_aside (id, topic, clinic_id, device_id, reason, "
            "detail, body, body_sha256, first_at, last_at, again_at) SELECT gen_random_uuid(), "
            "device || each::text, %(clinic)s, device, 'far_future', '', '', '', %(now)s, %(now)s, "
            "%(now)s + each * interval '1 minute' "
            "FROM generate_series(-500, 500) AS each, unnest(%(devices)s::uuid[]) AS device",
            {"clinic": pen.clinic.id, "devices": [pen.id, fleet.pen().id], "now": now},
        )
    with closing(psycopg2.connect(admin_dsn)) as owner, owner, owner.cursor() as cursor:
        cursor.execute("ANALYZE device_telemetry.set_aside")
    for query in ("senders_due", "due", "due_of_nobody"):
        assert in_vain(aside_store.SQL[query], {"sender": pen.id, "now": now}) == 0
