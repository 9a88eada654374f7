"""What a connection has planned for one clinic shows another nothing, however often it is asked."""

from datetime import timedelta

import pytest

from services.booking.store import availability
from services.booking.store.availability import Question
from shared import clock, db
from tests import people

GENERIC_FROM = 5  # PostgreSQL plans a statement anew so often before it keeps one plan for all
OURS, HEADQUARTERS = db.Scope.of([people.SOHO.id]), db.EVERY_CLINIC
PLANS = """
SELECT generic_plans::integer AS kept FROM pg_prepared_statements
WHERE name = %(name)s::text
"""


@pytest.fixture
def one_connection(dsn, franchise):
    db.open_pool(dsn("booking"), connections=1)
    yield franchise
    db.close_pool()


def seen(franchise, clinic_id, treatment_id, scope):
    """Return whether a caller of this scope is told anything of the clinic."""
    begins = franchise.at("10:00")
    question = Question(
        clinic_id, treatment_id, begins, begins + timedelta(hours=1), client_id=franchise.client
    )
    with db.transaction(scope) as tx:
        found = availability.situation(tx, question, clock.now())
    return found.situation is not None or found.clinic_active or found.practitioner_known


@pytest.mark.parametrize("first", [OURS, HEADQUARTERS], ids=["a clinic", "headquarters"])
@pytest.mark.parametrize("kept", [False, True], ids=["planned each time", "one plan kept"])
def test_plan_made_for_one_scope_shows_nothing_in_another(one_connection, first, kept):
    franchise, soho = one_connection, (people.SOHO.id, one_connection.treatment)
    lisbon = (people.LISBON.id, franchise.lisbon_treatment)
    if kept:
        with db.transaction() as tx:
            tx.execute("SET plan_cache_mode = force_generic_plan")
    for _ in range(GENERIC_FROM + 2):
        assert seen(franchise, *soho, first)
        assert not seen(franchise, *soho, db.Scope.of([people.LISBON.id]))
        assert not seen(franchise, *soho, db.NO_CLINIC)
        assert not seen(franchise, *lisbon, OURS)
        assert seen(franchise, *lisbon, HEADQUARTERS)
    with db.transaction() as tx:
        plan = tx.one(PLANS, {"name": db.Prepared.of(availability.SQL["situation"]).name})
    assert plan is not None
    assert not kept or plan["kept"] > 0


def test_scope_that_narrows_in_a_transaction_narrows_what_is_planned_too(one_connection):
    franchise = one_connection
    begins = franchise.at("10:00")
    question = Question(people.SOHO.id, franchise.treatment, begins, begins + timedelta(hours=1))
    with db.transaction(db.EVERY_CLINIC) as tx:
        assert availability.situation(tx, question, clock.now()).situation
        tx.narrow(db.Scope.of([people.LISBON.id]))
        assert availability.situation(tx, question, clock.now()).situation is None
        with tx.savepoint():
            tx.narrow(OURS)
            assert availability.situation(tx, question, clock.now()).situation
        tx.narrow(db.NO_CLINIC)
        assert availability.situation(tx, question, clock.now()).situation is None
