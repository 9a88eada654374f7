"""One migrated template a run, a copy of it a test worker, and a fast way back to a clean one."""

import hashlib
import hmac
from contextlib import suppress
from pathlib import Path

import psycopg2
from psycopg2.errors import DeadlockDetected

from deploy.native import postgres
from shared.migrate import migrate
from tests import lifetimes, servers

SERVICES = (
    "identity",
    "booking",
    "client_records",
    "device_telemetry",
    "notification",
    "headquarters",
    "web",
)
CLEAN = Path(__file__).with_name("clean.sql").read_text(encoding="utf-8")
_cleaners: dict[str, psycopg2.extensions.connection] = {}


def password(server: servers.Database, role: str) -> str:
    """Return a log-in role's password: one for all runs on a server, so that none is disturbed."""
    return hmac.new(server.admin_dsn.encode(), role.encode(), hashlib.sha256).hexdigest()[:32]


def copy_for(worker: str) -> str:
    """Make a database for a test worker and return its name."""
    server = servers.postgres()
    run = lifetimes.folder().name.replace("-", "_")
    template = lifetimes.once("template", lambda: _template(server, f"{run}_template"))["name"]
    name = f"{run}_{worker}"
    with lifetimes.alone("roles"):
        postgres.create_database(server.admin_dsn, name, template=template)
        postgres.apply_roles(server.dsn(name), {})
    return name


def dsn(name: str, service: str) -> str:
    """Return a database's address as a service's log-in role."""
    server = servers.postgres()
    return server.dsn(name, f"{service}_app", password(server, f"{service}_app"))


def clean(name: str) -> None:
    """Bring every table back to what the migrations left in it.

    A process of the last test may still be reading tables in another order than they are emptied.
    """
    for _ in range(3):
        with suppress(DeadlockDetected):
            return _empty(name)
    return _empty(name)


def _empty(name: str) -> None:
    """Ask on a connection that stays: a new one costs the server more than the few rows do."""
    if name not in _cleaners or _cleaners[name].closed:
        _cleaners[name] = psycopg2.connect(servers.postgres().dsn(name))
        _cleaners[name].autocommit = True
    with _cleaners[name].cursor() as cursor:
        cursor.execute("SET lock_timeout = '20s'; SELECT tests.clean()")


def execute(dsn_: str, sql: str) -> None:
    connection = psycopg2.connect(dsn_)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
    finally:
        connection.close()


def _template(server: servers.Database, name: str) -> dict[str, str]:
    """Make the migrated database that the workers' databases are copies of."""
    roles = ["needlepoint_migrator", *(f"{service}_app" for service in SERVICES)]
    postgres.create_database(server.admin_dsn, name)
    with lifetimes.alone("roles"):
        postgres.apply_roles(server.dsn(name), {role: password(server, role) for role in roles})
    migrator = server.dsn(name, "needlepoint_migrator", password(server, "needlepoint_migrator"))
    for service in SERVICES:
        migrate(migrator, service)
    execute(server.dsn(name), CLEAN)
    return {"name": name}


def drop(name: str) -> None:
    """Forget a database."""
    if name in _cleaners:
        _cleaners.pop(name).close()
    postgres.drop_database(servers.postgres().admin_dsn, name)
