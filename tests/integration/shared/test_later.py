"""Writes that wait travel with the next statement or the commit, in order, or not at all."""

import io

import psycopg2
import pytest

from shared import db
from shared.db import Scope
from tests import people

PUT = "INSERT INTO bindings VALUES (%(n)s)"  # a table of one column that every service has
TURN = "UPDATE bindings SET type = %(to)s WHERE type = %(n)s"


@pytest.fixture(autouse=True)
def _pool(pool):
    pool("web")


def kept():
    with db.transaction() as tx:
        return [row["type"] for row in tx.all("SELECT type FROM bindings ORDER BY type")]


def test_what_waits_is_committed():
    with db.transaction() as tx:
        tx.later(PUT, {"n": "1"})
        tx.later(PUT, {"n": "2"})
    assert kept() == ["1", "2"]


def test_what_waits_comes_before_the_next_statement_and_is_seen_by_it():
    with db.transaction() as tx:
        tx.later(PUT, {"n": "1"})
        assert tx.one("SELECT count(*) FROM bindings") == {"count": 1}
        tx.later(TURN, {"n": "1", "to": "2"})
        tx.later(TURN, {"n": "2", "to": "3"})
        tx.execute(TURN, {"n": "3", "to": "4"})
    assert kept() == ["4"]


def test_a_percent_sign_in_a_value_stays_one():
    with db.transaction() as tx:
        tx.later(PUT, {"n": "100 %s; --"})
        tx.execute(PUT, {"n": "%(n)s"})
    assert kept() == ["%(n)s", "100 %s; --"]


def test_what_waits_goes_with_what_is_rolled_back():
    def fail():
        with db.transaction() as tx:
            tx.later(PUT, {"n": "1"})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert kept() == []


def test_a_write_that_fails_late_undoes_everything():
    def repeat():
        with db.transaction() as tx:
            tx.later(PUT, {"n": "1"})
            tx.later(PUT, {"n": "1"})

    with pytest.raises(psycopg2.errors.UniqueViolation):
        repeat()
    assert kept() == []


def test_copy_and_many_come_after_what_waits():
    with db.transaction() as tx:
        tx.later(PUT, {"n": "1"})
        tx.copy_expert("COPY bindings FROM STDIN", io.StringIO("2\n"))
        tx.later(PUT, {"n": "3"})
        tx.executemany(PUT, [{"n": "4"}, {"n": "5"}])
    assert kept() == ["1", "2", "3", "4", "5"]


def test_a_narrowed_scope_holds_from_the_next_statement_on():
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.narrow(Scope.of([people.SOHO.id]))
        scope = tx.one("SELECT current_setting('needlepoint.clinics') AS clinics")
    assert scope == {"clinics": str(people.SOHO.id)}
