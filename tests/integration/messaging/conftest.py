"""One service drops needles, another notes each of them in a table of the test's own."""

import pytest

from shared import db
from shared.db import EVERY_CLINIC
from tests import databases, messages
from tests.admin import NOTED, Admin
from tests.messages import NEEDLE_DROPPED

DROPS, NOTES = "booking", "web"  # the services whose schemas the tests borrow


@pytest.fixture(scope="session", autouse=True)
def _noted(admin_dsn):
    databases.execute(admin_dsn, NOTED)
    messages.know_the_made_up_event()


@pytest.fixture
def admin(admin_dsn, database):
    found = Admin(admin_dsn)
    yield found
    found.close()


@pytest.fixture
def listening(dsn, database, monkeypatch):
    """The process is the listening service."""
    monkeypatch.setenv("DATABASE_URL", dsn(NOTES))
    db.open_pool(dsn(NOTES))
    yield
    db.close_pool()


@pytest.fixture
def drop_needles(dsn, database):
    """Announce needles in the announcing service: `drop_needles(subject, 1, 2, 3)`."""
    from shared import outbox

    def drop(subject, *numbers, clinic_id=None):
        db.open_pool(dsn(DROPS))
        with db.transaction(EVERY_CLINIC) as tx:
            ids = [
                outbox.emit(
                    tx,
                    NEEDLE_DROPPED,
                    subject=subject,
                    data={"number": number},
                    clinic_id=clinic_id,
                )
                for number in numbers
            ]
        db.close_pool()
        return ids

    return drop


@pytest.fixture
def relay(dsn, amqp_url, tmp_path):
    """Start relays of the announcing service as processes; they end with the test."""
    yield from _processes(
        "shared.amqp.relay",
        tmp_path,
        SERVICE=DROPS,
        DATABASE_URL=dsn(DROPS),
        AMQP_URL=amqp_url,
    )


@pytest.fixture
def listener(dsn, amqp_url, tmp_path):
    """Start workers of the listening service as processes; they end with the test."""
    yield from _processes(
        "tests.integration.messaging.listener",
        tmp_path,
        DATABASE_URL=dsn(NOTES),
        AMQP_URL=amqp_url,
    )


def _processes(module, folder, **environment):
    started = []
    log = folder / f"{module}.log"

    def start(**more):
        started.append(messages.start(module, log=log, **environment | more))
        return started[-1]

    yield start
    alive = [running for running in started if running.poll() is None]  # a test may have ended some
    assert [messages.end(running) for running in alive] == [0] * len(alive), log.read_text()
