"""A prepared query is planned once a connection, and answers as the plain one does."""

import psycopg2
import pytest
from psycopg2.errors import DivisionByZero

from shared import db, ids
from shared.db import Prepared

HALF = Prepared.of(
    "SELECT %(whole)s::integer / %(by)s::integer AS part, %(whole)s::integer AS whole"
)
PLANNED = "SELECT count(*) AS plans FROM pg_prepared_statements WHERE name = %(name)s"
WRITE = "INSERT INTO subject_sequences (subject, last) VALUES (%(subject)s, 7)"
READ = Prepared.of("SELECT last FROM subject_sequences WHERE subject = %(subject)s::uuid")


@pytest.fixture(autouse=True)
def pool(dsn):
    db.open_pool(dsn("booking"), connections=1)
    yield
    db.close_pool()


def test_it_answers_like_the_plain_query_at_every_question():
    for whole in (8, 6):
        with db.transaction() as tx:
            assert tx.one(HALF, {"whole": whole, "by": 2}) == {"part": whole // 2, "whole": whole}


def test_connection_plans_it_once():
    for _ in range(3):
        with db.transaction() as tx:
            tx.one(HALF, {"whole": 8, "by": 2})
            assert tx.one(PLANNED, {"name": HALF.name})["plans"] == 1


def test_new_connection_plans_it_again(dsn):
    with db.transaction() as tx:
        tx.one(HALF, {"whole": 8, "by": 2})
    db.open_pool(dsn("booking"), connections=1)
    with db.transaction() as tx:
        assert tx.one(HALF, {"whole": 8, "by": 2})["part"] == 4


def test_plan_outlives_the_transaction_that_made_it_and_was_undone():
    with pytest.raises(DivisionByZero), db.transaction() as tx:
        tx.one(HALF, {"whole": 8, "by": 0})
    with db.transaction() as tx:
        assert tx.one(HALF, {"whole": 8, "by": 2})["part"] == 4


def test_it_can_be_the_first_question_after_something_was_undone():
    with db.transaction() as tx:
        with pytest.raises(psycopg2.Error), tx.savepoint():
            tx.one("SELECT 1 / 0")
        assert tx.one(HALF, {"whole": 8, "by": 2})["part"] == 4


def test_what_waits_is_written_before_it_asks():
    subject = ids.new()
    with db.transaction() as tx:
        tx.later(WRITE, {"subject": subject})
        assert tx.one(READ, {"subject": subject}) == {"last": 7}
