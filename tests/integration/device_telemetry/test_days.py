"""How readings are kept: days ahead, days dropped, minutes for two years, and the nightly audit."""

import re
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import psycopg2
import pytest
from prometheus_client import REGISTRY
from psycopg2.errors import LockNotAvailable

from deploy.devicekit.wire import as_binary
from services.device_telemetry.store import batches
from services.device_telemetry.usecases import audits, days
from shared import clock, db, ids
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch, arrive

LONG_AGO = date(1999, 1, 1)
READ = "SELECT count(*) FROM device_telemetry.batches"
PARTITION = re.compile(r"batches_\d{8}")


class Undone(Exception):
    """So that the days of other tests stay."""


@pytest.fixture
def another(pool, dsn):
    """A connection beside the pool's, in a transaction that has read readings."""
    pool("device_telemetry")
    with closing(psycopg2.connect(dsn("device_telemetry"))) as connection:
        connection.cursor().execute(READ)
        yield connection


def within(work, *values):
    with db.transaction(db.EVERY_CLINIC) as tx:
        return work(tx, *values)


def test_a_day_is_made_while_others_read_and_dropped_only_when_they_have_done(another):
    assert within(batches.make_days, LONG_AGO, LONG_AGO + timedelta(days=1)) == 2
    assert within(batches.make_days, LONG_AGO, LONG_AGO + timedelta(days=1)) == 0
    with pytest.raises(LockNotAvailable):
        within(batches.drop_days, date(2000, 1, 1))
    another.rollback()
    assert within(batches.drop_days, date(2000, 1, 1)) == 2


def test_readings_are_stored_while_a_day_is_being_made(pen, rows, another):
    with another.cursor() as cursor:
        cursor.execute("SELECT device_telemetry.make_days(%s, %s)", (LONG_AGO, LONG_AGO))
        arrive(pen.topic(), [as_binary(a_batch(just_now()))])
    another.rollback()
    assert rows(READ) == [{"count": 1}]


def test_a_day_that_is_made_hides_other_clinics_as_every_table_does(pen, rows):
    forced = rows(
        "SELECT bool_and(c.relforcerowsecurity AND c.relrowsecurity) AS all FROM pg_inherits AS i"
        " INNER JOIN pg_class AS c ON i.inhrelid = c.oid"
        " WHERE i.inhparent = 'device_telemetry.batches'::regclass"
    )
    assert forced == [{"all": True}]


def days_ahead(now):
    within(days.count_ahead, now)
    return REGISTRY.get_sample_value("needlepoint_device_days_ahead")


def test_the_days_that_lie_ready_are_told_and_become_fewer_when_nobody_makes_more(pool):
    pool("device_telemetry")
    now = clock.now()
    within(days.make_ahead, now)
    assert days_ahead(now) == days.AHEAD.days
    assert days_ahead(now + timedelta(days=10)) == days.AHEAD.days - 10
    assert days_ahead(now + timedelta(days=15)) == 0


def test_a_day_that_is_missing_in_between_ends_the_days_that_lie_ready(pool):
    pool("device_telemetry")
    with pytest.raises(Undone), db.transaction(db.EVERY_CLINIC) as tx:
        batches.make_days(tx, LONG_AGO, LONG_AGO)
        batches.make_days(tx, LONG_AGO + timedelta(days=2), LONG_AGO + timedelta(days=4))
        found = [batches.days_ahead(tx, LONG_AGO + timedelta(days=day)) for day in range(4)]
        assert found == [1, 0, 3, 2]
        raise Undone


def test_looking_for_repeats_opens_the_days_of_the_repeats_only(pen, rows):
    names = [((pen.id, 17, 0), just_now())]
    with db.transaction(db.EVERY_CLINIC) as tx:
        batches.digests(tx, names)
        plan = str(tx.all(b"EXPLAIN " + tx.query))
    assert 1 <= len(set(PARTITION.findall(plan))) <= 2


def midnight():
    """The last midnight before the day that is audited now ends."""
    return datetime.combine((clock.now() - audits.BEGINS).date(), time(), UTC)


def test_the_audit_finds_every_sample_once_also_around_midnight(pen, rows):
    before = midnight() - timedelta(days=1)
    for number, at in enumerate((before, midnight())):
        arrive(
            pen.topic(), [as_binary(a_batch(at, seq=10 * number, t0=at - timedelta(seconds=0.45)))]
        )
    assert within(audits.audit, clock.now()) is False
    kept = "SELECT device_id, stored::int, counted::int FROM device_telemetry.audits"
    assert rows(kept) == [{"device_id": pen.id, "stored": 10, "counted": 10}]


def test_the_audit_tells_what_minutes_miss_once(pen, rows, capsys):
    arrive(pen.topic(), [as_binary(a_batch(midnight() - timedelta(hours=2)))])
    within(lambda tx: tx.run("UPDATE device_telemetry.minutes SET samples = samples - 3"))
    before = REGISTRY.get_sample_value("needlepoint_audit_unequal_days_total")
    for _ in range(2):
        within(audits.audit, clock.now())
    assert REGISTRY.get_sample_value("needlepoint_audit_unequal_days_total") == before + 1
    told = [line for line in capsys.readouterr().out.splitlines() if "minutes miss" in line]
    assert len(told) == 1
    assert '"count": 3' in told[0]


def test_minutes_live_two_years(pen, rows):
    at = just_now()
    arrive(pen.topic(), [as_binary(a_batch(at)), as_binary(a_batch(at, seq=600))])
    within(
        lambda tx: tx.run(
            "UPDATE device_telemetry.minutes SET minute = minute - interval '733 days'"
            " WHERE minute = (SELECT min(minute) FROM device_telemetry.minutes)"
        )
    )
    assert within(days.forget_minutes, clock.now()) is False
    assert rows("SELECT samples::int AS n FROM device_telemetry.minutes") == [{"n": 10}]


def test_what_was_noted_of_readings_goes_with_their_days(fleet, pen):
    session_id = fleet.session(pen, {8: 650})
    arrive(pen.topic(), [as_binary(a_batch(just_now(), session_id=session_id))])
    arrive(pen.topic(), [as_binary(a_batch(just_now(), boot_id=18, seq=seq)) for seq in (0, 50)])
    with pytest.raises(Undone), db.transaction(db.EVERY_CLINIC) as tx:
        days.forget_noted(tx, clock.now() + days.KEPT + timedelta(days=2))
        assert tx.all("SELECT * FROM device_telemetry.runs") == []
        boots = tx.all("SELECT boot_id FROM device_telemetry.streams")
        assert boots == [{"boot_id": 18}]  # somebody has still to look at its hole
        raise Undone


def test_while_days_are_dropped_nothing_else_is_done(fleet, pen):
    session_id = fleet.session(pen, {8: 650})
    arrive(pen.topic(), [as_binary(a_batch(just_now(), session_id=session_id))])
    with pytest.raises(Undone), db.transaction(db.EVERY_CLINIC) as tx:
        days.drop_old(tx, clock.now() + days.KEPT + timedelta(days=2))
        assert tx.all("SELECT count(*)::int AS n FROM device_telemetry.batches") == [{"n": 0}]
        assert tx.all("SELECT count(*)::int AS n FROM device_telemetry.runs") == [{"n": 1}]
        assert tx.all("SELECT count(*)::int AS n FROM device_telemetry.streams") == [{"n": 1}]
        raise Undone


def test_what_was_noted_is_forgotten_step_by_step_while_readings_are_stored(
    fleet, pen, rows, monkeypatch
):
    monkeypatch.setattr(days, "NOTED_AT_ONCE", 2)
    batch = a_batch(just_now(), session_id=fleet.session(pen, {8: 650}))
    arrive(pen.topic(), [as_binary(replace(batch, boot_id=boot)) for boot in range(5)])
    later, left = clock.now() + days.KEPT + timedelta(days=2), []
    noted = "SELECT count(*)::int AS n FROM device_telemetry.streams"
    for _ in range(2):
        with db.transaction(db.EVERY_CLINIC) as tx:
            more = days.forget_noted(tx, later)
            arrive(pen.topic(), [as_binary(a_batch(just_now(), boot_id=99, seq=10 * len(left)))])
        left.append((more, rows(noted)[0]["n"]))
    assert left == [(True, 4), (True, 2)]  # the one that is being written among them


def test_a_run_stays_while_its_readings_do(pen, rows):
    arrive(pen.topic(), [as_binary(a_batch(just_now(), session_id=ids.new()))])
    within(days.forget_noted, clock.now() + days.KEPT - timedelta(days=1))
    assert len(rows("SELECT * FROM device_telemetry.runs")) == 1
