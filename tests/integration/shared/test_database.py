"""The pool waits, the transaction is whole, and the scope never leaks."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from shared import db, ids

CLINIC = "00000000-0000-7000-8000-000000000001"
SCOPE = "SELECT current_setting('needlepoint.clinics', true) AS clinics"


@pytest.fixture
def small_pool(dsn):
    db.open_pool(dsn("booking"), connections=2, wait_s=0.3)
    yield
    db.close_pool()


@pytest.fixture
def subject(small_pool):
    """A row nobody else writes, in a table that every service has."""
    return {"subject": ids.new()}


WRITE = "INSERT INTO subject_sequences (subject, last) VALUES (%(subject)s, 1)"
READ = "SELECT last FROM subject_sequences WHERE subject = %(subject)s"


def test_what_is_done_inside_is_committed_together(subject):
    with db.transaction() as tx:
        tx.run(WRITE, subject)
    with db.transaction() as tx:
        assert tx.all(READ, subject) == [{"last": 1}]


def test_an_error_undoes_everything(subject):
    with pytest.raises(KeyError), db.transaction() as tx:
        tx.run(WRITE, subject)
        raise KeyError
    with db.transaction() as tx:
        assert tx.one(READ, subject) is None


def test_a_swallowed_error_does_not_look_like_success(subject):
    with pytest.raises(db.CommitLost), db.transaction() as tx:
        tx.run(WRITE, subject)
        with pytest.raises(psycopg2.errors.DivisionByZero):
            tx.execute("SELECT 1 / 0")
    with db.transaction() as tx:
        assert tx.all(READ, subject) == []


def test_scope_ends_with_its_transaction(small_pool):
    with db.transaction(db.Scope(CLINIC)) as tx:
        assert tx.one(SCOPE) == {"clinics": CLINIC}
    with db.transaction() as tx:
        assert tx.one(SCOPE) == {"clinics": ""}


def test_scope_of_a_failed_request_is_not_left_to_the_next(small_pool):
    with pytest.raises(psycopg2.errors.DivisionByZero), db.transaction(db.EVERY_CLINIC) as tx:
        tx.execute("SELECT 1 / 0")
    with db.transaction() as tx:
        assert tx.one(SCOPE) == {"clinics": ""}


def test_who_finds_every_connection_in_use_is_told_to_come_back(small_pool):
    everybody_in, done = threading.Barrier(3), threading.Event()

    def hold():
        with db.transaction():
            everybody_in.wait(timeout=60)
            done.wait(timeout=60)

    with ThreadPoolExecutor(2) as holders:
        held = [holders.submit(hold) for _ in range(2)]
        everybody_in.wait(timeout=60)
        with pytest.raises(db.PoolBusy) as told, db.transaction():
            pass
        done.set()
        for each in held:
            each.result()
    assert told.value.status == 503
    assert told.value.members["retry_after_s"] == 1


def test_a_broken_connection_is_replaced(small_pool):
    with pytest.raises(psycopg2.OperationalError), db.transaction() as tx:
        tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    for _ in range(4):
        with db.transaction() as tx:
            assert tx.one("SELECT 1 AS alive") == {"alive": 1}


def test_connections_that_died_while_idle_are_replaced_unnoticed(small_pool, admin_dsn):
    with db.transaction() as tx:
        pid = tx.one("SELECT pg_backend_pid() AS pid")["pid"]
    with psycopg2.connect(admin_dsn) as server, server.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", (pid,))
    server.close()
    with db.transaction() as tx:
        assert tx.one("SELECT 1 AS alive") == {"alive": 1}


def test_an_absent_database_is_unavailable_and_gives_its_place_back():
    db.open_pool("postgresql://nobody@127.0.0.1:9/none", connections=1, wait_s=0.3)
    for _ in range(3):
        with pytest.raises(db.DatabaseGone), db.transaction():
            pass
    db.close_pool()
