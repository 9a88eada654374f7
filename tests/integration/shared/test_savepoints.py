"""A savepoint undoes what was done inside, and nothing else, whatever goes wrong."""

from contextlib import suppress

import psycopg2
import pytest
from psycopg2.errors import DivisionByZero, UniqueViolation

from shared import db, ids

WRITE = "INSERT INTO subject_sequences (subject, last) VALUES (%(subject)s, %(last)s)"
READ = "SELECT last FROM subject_sequences WHERE subject = any(%(subjects)s::uuid[]) ORDER BY last"
LOCK = "SELECT 1 FROM subject_sequences WHERE subject = %(subject)s FOR UPDATE NOWAIT"
SCOPE = "SELECT current_setting('needlepoint.clinics', true) AS clinics"


class Refused(Exception):
    """A rule said no."""


@pytest.fixture
def rows(dsn):
    """Rows that nobody else writes, in a table that every service has."""
    db.open_pool(dsn("booking"), connections=2, wait_s=0.3)
    yield Rows()
    db.close_pool()


class Rows:
    def __init__(self):
        self._subjects = [ids.new() for _ in range(10)]

    def write(self, tx, number):
        tx.run(WRITE, self.row(number))

    def later(self, tx, number):
        tx.later(WRITE, self.row(number))

    def row(self, number):
        return {"subject": self._subjects[number], "last": number}

    def committed(self):
        with db.transaction() as tx:
            return [row["last"] for row in tx.all(READ, {"subjects": self._subjects})]


def test_what_is_done_inside_and_around_is_kept_when_nothing_goes_wrong(rows):
    with db.transaction() as tx:
        rows.later(tx, 1)
        with tx.savepoint():
            rows.later(tx, 2)
            rows.write(tx, 3)
            rows.later(tx, 4)
        rows.later(tx, 5)
    assert rows.committed() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("way", ["later", "write"])
def test_a_refusal_inside_undoes_the_inside_and_keeps_what_waited_before(rows, way):
    with db.transaction() as tx:
        rows.later(tx, 1)
        with pytest.raises(Refused), tx.savepoint():
            getattr(rows, way)(tx, 2)
            rows.later(tx, 3)
            raise Refused
        rows.later(tx, 4)
    assert rows.committed() == [1, 4]


def test_what_waits_inside_a_savepoint_that_was_never_sent_is_forgotten(rows):
    with db.transaction() as tx:
        rows.write(tx, 1)
        with pytest.raises(Refused), tx.savepoint():
            tx.narrow(db.EVERY_CLINIC)
            rows.later(tx, 2)
            raise Refused
        assert tx.one(SCOPE) == {"clinics": ""}
    assert rows.committed() == [1]


def test_an_error_of_the_database_inside_leaves_the_transaction_usable(rows):
    with db.transaction() as tx:
        rows.write(tx, 1)
        with pytest.raises(DivisionByZero), tx.savepoint():
            rows.later(tx, 2)
            tx.execute("SELECT 1 / 0")
        rows.write(tx, 3)
    assert rows.committed() == [1, 3]


def test_an_error_inside_is_undone_also_when_nothing_follows_but_the_commit(rows):
    with db.transaction() as tx:
        rows.write(tx, 1)
        with pytest.raises(DivisionByZero), tx.savepoint():
            rows.write(tx, 2)
            tx.execute("SELECT 1 / 0")
    assert rows.committed() == [1]


def test_what_waits_inside_fails_inside(rows):
    with db.transaction() as tx:
        rows.write(tx, 1)
        with pytest.raises(UniqueViolation), tx.savepoint():
            rows.later(tx, 2)
            rows.later(tx, 1)
        rows.later(tx, 3)
    assert rows.committed() == [1, 3]


def test_what_waited_before_fails_before_the_inside_begins(rows):
    begun = False
    with pytest.raises(UniqueViolation), db.transaction() as tx:
        rows.write(tx, 1)
        rows.later(tx, 1)
        with tx.savepoint():
            begun = True
    assert not begun
    assert rows.committed() == []


def test_a_value_that_is_missing_undoes_the_inside_only(rows):
    with db.transaction() as tx:
        rows.later(tx, 1)
        with pytest.raises(KeyError), tx.savepoint():
            rows.later(tx, 2)
            tx.execute(WRITE, {})
        rows.later(tx, 3)
    assert rows.committed() == [1, 3]


def test_an_inner_refusal_leaves_the_outer_inside_as_it_was(rows):
    with db.transaction() as tx:
        with tx.savepoint():
            rows.later(tx, 1)
            for number in (2, 3):
                with pytest.raises(Refused), tx.savepoint():
                    rows.write(tx, number)
                    raise Refused
            with tx.savepoint():
                rows.later(tx, 4)
            rows.later(tx, 5)
        rows.later(tx, 6)
    assert rows.committed() == [1, 4, 5, 6]


def test_an_outer_refusal_undoes_what_an_inner_savepoint_kept_or_undid(rows):
    with db.transaction() as tx:
        rows.later(tx, 1)
        with pytest.raises(Refused), tx.savepoint():
            with tx.savepoint():
                rows.write(tx, 2)
            with pytest.raises(DivisionByZero), tx.savepoint():
                tx.execute("SELECT 1 / 0")
            rows.later(tx, 3)
            raise Refused
        rows.later(tx, 4)
    assert rows.committed() == [1, 4]


def test_one_error_through_two_savepoints_undoes_both(rows):
    with db.transaction() as tx:
        rows.write(tx, 1)
        with pytest.raises(DivisionByZero), tx.savepoint():
            rows.write(tx, 2)
            with tx.savepoint():
                rows.later(tx, 3)
                tx.execute("SELECT 1 / 0")
        rows.later(tx, 4)
    assert rows.committed() == [1, 4]


def test_being_stopped_undoes_the_inside_too(rows):
    with db.transaction() as tx:
        rows.later(tx, 1)
        with pytest.raises(KeyboardInterrupt), tx.savepoint():
            rows.write(tx, 2)
            raise KeyboardInterrupt
    assert rows.committed() == [1]


def test_locks_taken_inside_are_let_go_with_what_is_done_next(rows):
    with db.transaction() as tx:
        rows.write(tx, 1)
    with db.transaction() as tx:
        with pytest.raises(Refused), tx.savepoint():
            tx.execute(LOCK, rows.row(1))
            raise Refused
        tx.execute("SELECT 1")
        with db.transaction() as other:
            assert other.all(LOCK, rows.row(1))


def test_a_lost_connection_is_the_error_that_is_told(rows):
    with pytest.raises(psycopg2.OperationalError, match="terminat"), db.transaction() as tx:
        rows.write(tx, 1)
        with tx.savepoint():
            tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert rows.committed() == []


def test_a_refusal_is_told_although_the_connection_is_gone(rows):
    with pytest.raises(Refused), db.transaction() as tx, tx.savepoint():
        rows.write(tx, 1)
        tx.connection.close()
        raise Refused
    assert rows.committed() == []


@pytest.mark.parametrize(
    ("ways", "refused", "trips"),
    [
        ("", False, 1),  # the commit alone
        ("", True, 1),
        ("later later", False, 2),
        ("later later", True, 1),
        ("write", False, 2),
        ("write", True, 2),
        ("write later", False, 3),
        ("write later", True, 2),
    ],
)
def test_a_savepoint_travels_with_what_is_sent_anyway(rows, monkeypatch, ways, refused, trips):
    sent = []

    class Counting(db.Transaction):
        def execute(self, query, vars=None):  # noqa: A002 # psycopg2's word
            super().execute(query, vars)
            sent.append(self.query)

    monkeypatch.setattr(db, "Transaction", Counting)
    with db.transaction() as tx:
        sent.clear()
        with suppress(Refused), tx.savepoint():
            for number, way in enumerate(ways.split()):
                getattr(rows, way)(tx, number)
            if refused:
                raise Refused
    assert len(sent) == trips
    assert rows.committed() == ([] if refused else list(range(len(ways.split()))))
