"""One service drops needles, another notes each of them in a table of the test's own."""

import psycopg2
import pytest
from psycopg2.extras import RealDictCursor

from shared import db
from shared.db import EVERY_CLINIC
from tests import databases, messages
from tests.messages import NEEDLE_DROPPED

DROPS, NOTES = "booking", "web"  # the services whose schemas the tests borrow


@pytest.fixture(scope="session", autouse=True)
def _noted(admin_dsn):
    databases.execute(
        admin_dsn,
        "CREATE TABLE IF NOT EXISTS web.noted ("
        " position bigint GENERATED ALWAYS AS IDENTITY, event uuid, subject uuid, clinic_id uuid,"
        " number bigint, process bigint);"
        "GRANT ALL ON web.noted TO web_app",
    )
    messages.know_the_made_up_event()


class Admin:
    """Looks behind row-level security."""

    def __init__(self, dsn):
        self._connection = psycopg2.connect(dsn, cursor_factory=RealDictCursor)
        self._connection.autocommit = True

    def all(self, sql, values=None):
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values)
            return [dict(row) for row in cursor.fetchall()] if cursor.description else []

    def count(self, table, where="true"):
        return self.all(f"SELECT count(*) FROM {table} WHERE {where}")[0]["count"]

    def column(self, sql, values=None):
        return [next(iter(row.values())) for row in self.all(sql, values)]

    def close(self):
        self._connection.close()


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
    codes = [messages.end(running) for running in started]
    assert all(code in {0, -9} for code in codes), log.read_text(encoding="utf-8")
