import psycopg2
import pytest
from psycopg2 import errors

from shared.amqp import failures
from shared.db import CommitLost, DatabaseGone, PoolBusy
from shared.errors import Conflict, Forbidden, NotFound, Rejected, TooMany, Unavailable


def gone():
    """The pool's answer when it could not connect."""
    error = DatabaseGone("The clinic's records cannot be reached.")
    error.__cause__ = psycopg2.OperationalError()
    return error


@pytest.mark.parametrize(
    "error",
    [psycopg2.OperationalError(), psycopg2.InterfaceError(), psycopg2.DatabaseError(), gone()],
)
def test_a_lost_server_is_the_databases_fault(error):
    assert failures.database_is_unwell(error)


@pytest.mark.parametrize(
    "error",
    [
        CommitLost("rolled back"),
        psycopg2.ProgrammingError("can't adapt"),
        Unavailable("A gateway is away."),
        PoolBusy("busy"),
        ZeroDivisionError(),
        Rejected("no"),
    ],
)
def test_whatever_else_fails_is_the_events_fault(error):
    assert not failures.database_is_unwell(error)


@pytest.mark.parametrize(
    ("code", "unwell"),
    [
        ("57P01", True),  # admin shutdown
        ("57P03", True),  # cannot connect now
        ("53100", True),  # disk full
        ("08006", True),  # connection failure
        ("25006", True),  # read-only: a demoted primary
        ("57014", False),  # one statement took too long
        ("40P01", False),  # deadlock
        ("23505", False),  # unique violation
    ],
)
def test_the_databases_own_codes_tell_whose_fault_it_is(code, unwell):
    class Failure(psycopg2.Error):
        pgcode = code

    assert failures.database_is_unwell(Failure()) is unwell


@pytest.mark.parametrize("error", [Conflict("no"), Rejected("no"), Forbidden("no")])
def test_a_rule_that_says_no_is_final(error):
    assert failures.is_final(error)


@pytest.mark.parametrize("error", [NotFound("?"), TooMany("!"), Unavailable("!"), KeyError("x")])
def test_what_may_change_is_not_final(error):
    assert not failures.is_final(error)


def test_a_failure_is_described_by_its_kind_and_place_and_never_by_its_words():
    def fail():
        raise ValueError("Ms Nobody, +351912345678")

    with pytest.raises(ValueError, match="Nobody") as failure:
        fail()
    told = failures.describe(failure.value)
    assert told.startswith("ValueError at test_messaging_failures.py:")
    assert "Nobody" not in told


def test_a_rules_own_sentence_is_kept():
    assert (
        failures.describe(Rejected("The zone is not healed."))
        == "Rejected: The zone is not healed."
    )


def test_a_broken_constraint_is_named():
    class Broken(errors.UniqueViolation):
        pgcode = "23505"
        diag = type("Diag", (), {"constraint_name": "appointments_room_held"})()

    assert failures.describe(Broken()) == "Broken 23505 (appointments_room_held)"
