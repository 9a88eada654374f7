"""A durable PostgreSQL and a RabbitMQ for benchmarks: native, ours alone, synced to disk."""

import secrets
import signal
import time
from pathlib import Path

import psycopg2

from deploy.native import accounts, ports, postgres, rabbitmq
from deploy.native.postgres import Postgres
from deploy.native.rabbitmq import Rabbit
from shared.migrate import migrate
from tests import lifetimes

PASSWORD = secrets.token_hex(16)
ROLES = ("needlepoint_migrator", "booking_app", "web_app")
# What one event does: the same table for every system.
TABLES = """
CREATE TABLE web.effects (id uuid, subject uuid, number bigint);
CREATE TABLE booking.facts (id uuid, number bigint);
GRANT ALL ON web.effects TO web_app;
GRANT ALL ON booking.facts TO booking_app;
GRANT USAGE ON SCHEMA booking TO web_app;
"""


class Grounds:
    """Where all systems of a benchmark run."""

    def __init__(self) -> None:
        account = accounts.unprivileged()
        folder = lifetimes.folder()
        self._postgres = Postgres(folder / "postgres", ports.random_free(1)[0], PASSWORD)
        postgres.create(self._postgres, account)
        with (self._postgres.data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write("\ntrack_commit_timestamp = on\n")
        lifetimes.start("postgres", postgres.command(self._postgres), cwd=self._postgres.folder)
        self.admin_dsn = self._postgres.dsn("postgres")
        postgres.wait(self.admin_dsn)
        self._rabbit = Rabbit(folder / "rabbitmq", *ports.random_free(6), password=PASSWORD)
        rabbitmq.create(self._rabbit, account)
        self.start_broker()
        self._make_database()

    @property
    def amqp_url(self) -> str:
        return self._rabbit.amqp_url()

    def dsn(self, role: str) -> str:
        return self._postgres.dsn("bench", role, PASSWORD)

    def start_broker(self) -> None:
        environment = rabbitmq.environment(self._rabbit)
        if not ports.answers(self._rabbit.epmd):
            epmd = rabbitmq.epmd_command(self._rabbit)
            lifetimes.start("epmd", epmd, cwd=Path("/"), environment=environment)
            rabbitmq.wait_for_epmd(self._rabbit)
        server = [str(rabbitmq.server())]
        lifetimes.start("rabbitmq", server, cwd=self._rabbit.folder, environment=environment)
        rabbitmq.wait(self._rabbit)

    def kill_broker(self) -> None:
        lifetimes.halt("rabbitmq", signal.SIGKILL)

    def _make_database(self) -> None:
        postgres.create_database(self.admin_dsn, "bench")
        admin = self._postgres.dsn("bench")
        postgres.apply_roles(admin, dict.fromkeys(ROLES, PASSWORD))
        for service in ("booking", "web"):
            migrate(self.dsn("needlepoint_migrator"), service)
        self.sql(TABLES)

    def sql(self, statement: str, values: object = None) -> list[tuple]:
        """Run something as the superuser and return the rows."""
        connection = psycopg2.connect(self._postgres.dsn("bench"))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def count(self, table: str) -> int:
        return self.sql(f"SELECT count(*) FROM {table}")[0][0]

    def clean(self) -> None:
        """Forget what the last run left, and let the disk come to rest."""
        tables = "web.effects, web.inbox, web.applied, web.retries, web.parked, booking.facts"
        self.sql(f"TRUNCATE {tables}, booking.outbox, booking.subject_sequences")
        self.sql("VACUUM ANALYZE")
        self.sql("CHECKPOINT")

    def wait_for_effects(self, count: int, *, patience_s: float) -> bool:
        """Wait until so many effects are committed; False when they do not come."""
        deadline = time.monotonic() + patience_s
        connection = psycopg2.connect(self._postgres.dsn("bench"))
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
