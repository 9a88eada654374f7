"""A question without a transaction: one trip, the scope held, nothing left open."""

import pytest

from shared import db
from shared.db import Prepared, Question

SCOPE = "SELECT current_setting('needlepoint.clinics') AS clinics, %(n)s::int AS n"
BACKEND = "SELECT pg_backend_pid() AS pid"


@pytest.fixture(autouse=True)
def opened(dsn):
    db.open_pool(dsn("booking"), connections=1)
    yield
    db.close_pool()


@pytest.mark.parametrize("asked", [SCOPE, Prepared.of(SCOPE)])
def test_it_sees_the_clinics_of_its_scope_each_time(asked):
    for scope in (db.EVERY_CLINIC, db.NO_CLINIC, db.EVERY_CLINIC):
        assert Question(scope).all(asked, {"n": 1}) == [{"clinics": scope.clinics, "n": 1}]


def test_it_leaves_no_scope_and_no_transaction_behind():
    [mine] = Question(db.EVERY_CLINIC).all(BACKEND)
    with db.transaction() as tx:
        assert tx.one(BACKEND) == mine
        assert tx.one(SCOPE, {"n": 1}) == {"clinics": "", "n": 1}


def test_it_is_asked_again_where_the_server_had_closed_the_connection(dsn):
    [mine] = Question(db.NO_CLINIC).all(BACKEND)
    other = db.connect(dsn("booking"))
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%(pid)s::int)", mine)
    other.close()
    [again] = Question(db.NO_CLINIC).all(BACKEND)
    assert again != mine
