"""A durable PostgreSQL, and a RabbitMQ beside it, for benchmarks: native, synced to disk."""

import secrets
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from deploy.native import accounts, ports, postgres, rabbitmq
from deploy.native.postgres import Postgres
from deploy.native.rabbitmq import Rabbit
from shared.migrate import migrate
from tests import lifetimes
from tests.bench import proc

PASSWORD = secrets.token_hex(16)
# What one event does: the same table for every system.
TABLES = """
CREATE TABLE web.effects (id uuid, subject uuid, number bigint);
CREATE TABLE booking.facts (id uuid, number bigint);
GRANT ALL ON web.effects TO web_app;
GRANT ALL ON booking.facts TO booking_app;
GRANT USAGE ON SCHEMA booking TO web_app;
"""


class Server:
    """A PostgreSQL of a benchmark's own.  `name` tells it from those of other benchmarks."""

    def __init__(self, name: str, *, more: str = "") -> None:
        self._postgres = Postgres(lifetimes.folder() / name, ports.random_free(1)[0], PASSWORD)
        postgres.create(self._postgres, accounts.unprivileged())
        with (self._postgres.data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(f"\n{more}\n")
        self.name = name
        self.admin_dsn = self._postgres.dsn("postgres")
        self.start()

    def start(self) -> None:
        lifetimes.start(self.name, postgres.command(self._postgres), cwd=self._postgres.folder)
        postgres.wait(self.admin_dsn)

    def kill(self) -> None:
        """`kill -9` of the first process and of all that it started."""
        backends = proc.children(lifetimes.known(self.name)["pid"])
        lifetimes.halt(self.name, signal.SIGKILL)
        proc.end(backends)

    def add(self, database: str, services: tuple[str, ...]) -> None:
        """Make a database with the schemas of some services."""
        postgres.create_database(self.admin_dsn, database)
        roles = ("needlepoint_migrator", *(f"{service}_app" for service in services))
        postgres.apply_roles(self._postgres.dsn(database), dict.fromkeys(roles, PASSWORD))
        for service in services:
            migrate(self.dsn(database, "needlepoint_migrator"), service)

    def copy(self, template: str, database: str) -> None:
        postgres.create_database(self.admin_dsn, database, template=template)

    def dsn(self, database: str, role: str | None = None) -> str:
        """Return a database's address, as a service's role or as the superuser."""
        found = self._postgres
        return found.dsn(database, role, PASSWORD) if role else found.dsn(database)


class Broker:
    """A RabbitMQ of a benchmark's own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rabbit = Rabbit(lifetimes.folder() / name, *ports.random_free(6), password=PASSWORD)
        rabbitmq.create(self.rabbit, accounts.unprivileged())
        self.start()

    def start(self) -> None:
        environment = rabbitmq.environment(self.rabbit)
        if not ports.answers(self.rabbit.epmd):
            epmd = rabbitmq.epmd_command(self.rabbit)
            lifetimes.start(f"{self.name}-epmd", epmd, cwd=Path("/"), environment=environment)
            rabbitmq.wait_for_epmd(self.rabbit)
        server = [str(rabbitmq.server())]
        lifetimes.start(self.name, server, cwd=self.rabbit.folder, environment=environment)
        rabbitmq.wait(self.rabbit)

    def kill(self) -> None:
        lifetimes.halt(self.name, signal.SIGKILL)


@dataclass(frozen=True)
class Database:
    """One database of a server."""

    server: Server
    name: str

    def dsn(self, role: str | None = None) -> str:
        return self.server.dsn(self.name, role)

    def sql(self, statement: str, values: object = None) -> list[tuple]:
        """Run something as the superuser and return the rows."""
        connection = psycopg2.connect(self.dsn())
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def count(self, table: str) -> int:
        return self.sql(f"SELECT count(*) FROM {table}")[0][0]


class Grounds:
    """Where all systems that carry events run."""

    def __init__(self) -> None:
        server = Server("postgres-events", more="track_commit_timestamp = on")
        server.add("bench", ("booking", "web"))
        self.bench = Database(server, "bench")
        self.sql, self.count = self.bench.sql, self.bench.count
        self.sql(TABLES)
        self._broker = Broker("rabbitmq")
        self.start_broker, self.kill_broker = self._broker.start, self._broker.kill

    def dsn(self, role: str) -> str:
        return self.bench.dsn(role)

    @property
    def amqp_url(self) -> str:
        return self._broker.rabbit.amqp_url()

    def clean(self) -> None:
        """Forget what the last run left, and let the disk come to rest."""
        tables = "web.effects, web.inbox, web.applied, web.retries, web.parked, booking.facts"
        self.sql(f"TRUNCATE {tables}, booking.outbox, booking.subject_sequences")
        self.sql("VACUUM ANALYZE")
        self.sql("CHECKPOINT")

    def wait_for_effects(self, count: int, *, patience_s: float) -> bool:
        """Wait until so many effects are committed; False when they do not come."""
        deadline = time.monotonic() + patience_s
        connection = psycopg2.connect(self.dsn())
        connection.autocommit = True
        with connection.cursor() as cursor:
            while time.monotonic() < deadline:
                cursor.execute("SELECT count(*) FROM web.effects")
                if cursor.fetchone()[0] >= count:
                    connection.close()
                    return True
                time.sleep(0.02)
        connection.close()
        return False
