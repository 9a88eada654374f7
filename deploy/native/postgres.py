"""A PostgreSQL of our own: found, created, configured; the platform and the tests use the same."""

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2 import sql

from deploy.native import accounts
from deploy.native.accounts import Account
from deploy.native.ports import LOOPBACK

ROLES = Path(__file__).resolve().parent.parent / "postgres" / "roles.sql"
SUPERUSER = "postgres"
_INITDB = [
    *("--username", SUPERUSER, "--auth", "scram-sha-256"),
    *("--encoding", "UTF8", "--locale", "C", "--data-checksums", "--no-sync", "--no-instructions"),
]


class PostgresMissing(RuntimeError):
    """The machine has no PostgreSQL server."""


class PostgresSilent(RuntimeError):
    """PostgreSQL was started and does not answer."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """Where one server keeps its data and listens.  `password` is the superuser's."""

    folder: Path
    port: int
    password: str

    @property
    def data(self) -> Path:
        """Return the data directory."""
        return self.folder / "data"

    def dsn(self, database: str, user: str = SUPERUSER, password: str | None = None) -> str:
        """Return the address of a database, as a user."""
        return f"postgresql://{user}:{password or self.password}@{LOOPBACK}:{self.port}/{database}"


def binaries() -> Path:
    """Return the folder of the newest server on this machine.  Raises PostgresMissing."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda file: int(file.parts[4])
    )
    if installed:
        return installed[-1].parent
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    raise PostgresMissing("No PostgreSQL server is installed. `make up` installs one.")


def create(server: Postgres, account: Account | None, *, durable: bool = True) -> None:
    """Make the data directory unless it exists, and write the settings each time.

    A server that is not `durable` forgets on a crash: for tests.
    """
    accounts.own(server.folder, account)
    if not (server.data / "PG_VERSION").exists():
        _initialise(server, account)
    accounts.write(server.data / "needlepoint.conf", _settings(server, durable=durable), account)


def command(server: Postgres) -> list[str]:
    """Return the command that runs the server in the foreground."""
    return [str(binaries() / "postgres"), "-D", str(server.data)]


def wait(dsn: str, *, seconds: float = 60) -> None:
    """Wait until the server lets us in.  Raises PostgresSilent."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg2.connect(dsn, connect_timeout=2).close()
        except psycopg2.OperationalError as refused:
            if time.monotonic() > deadline:
                raise PostgresSilent(f"PostgreSQL does not answer: {refused}") from refused
            time.sleep(0.05)
        else:
            return


def create_database(admin_dsn: str, name: str, *, template: str | None = None) -> None:
    """Create a database unless it exists."""
    connection = psycopg2.connect(admin_dsn)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if cursor.fetchone() is None:
                cursor.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                        sql.Identifier(name), sql.Identifier(template or "template0")
                    )
                )
    finally:
        connection.close()


def drop_database(admin_dsn: str, name: str) -> None:
    """Drop a database and whoever is connected to it."""
    connection = psycopg2.connect(admin_dsn)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
    finally:
        connection.close()


def apply_roles(admin_dsn: str, passwords: Mapping[str, str]) -> None:
    """Make roles and schemas in the database of `admin_dsn`, and give log-in roles passwords."""
    connection = psycopg2.connect(admin_dsn)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(ROLES.read_text(encoding="utf-8"))
            for role, password in passwords.items():
                cursor.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(password)
                    )
                )
    finally:
        connection.close()


def _initialise(server: Postgres, account: Account | None) -> None:
    """Run initdb in a fresh folder; a half-made one from an interrupted run goes first."""
    shutil.rmtree(server.data, ignore_errors=True)
    phrase = accounts.write(server.folder / f"pw-{secrets.token_hex(4)}", server.password, account)
    log = server.folder / "initdb.log"
    with log.open("wb") as opened:
        initdb = accounts.start(
            [str(binaries() / "initdb"), "-D", str(server.data), "--pwfile", str(phrase), *_INITDB],
            account,
            folder=server.folder,
            environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            log=opened,
        )
        code = initdb.wait()
    phrase.unlink()
    if code:
        raise subprocess.CalledProcessError(code, "initdb", log.read_text(encoding="utf-8"))
    with (server.data / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write("\ninclude 'needlepoint.conf'\n")


def _settings(server: Postgres, *, durable: bool) -> str:
    """Return our settings: loopback only, room for every process's connections, little memory."""
    sure = "on" if durable else "off"
    return f"""\
listen_addresses = '{LOOPBACK}'
port = {server.port}
unix_socket_directories = ''
max_connections = 300
shared_buffers = '96MB'
fsync = {sure}
full_page_writes = {sure}
synchronous_commit = {sure}
wal_compression = on
max_wal_size = '512MB'
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_min_duration_statement = -1
log_statement = 'none'
log_min_error_statement = 'panic'
log_parameter_max_length_on_error = 0
log_error_verbosity = 'terse'
idle_in_transaction_session_timeout = '60s'
"""
