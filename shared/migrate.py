"""Process: bring one service's schema up to date.

`python -m shared.migrate booking` applies shared/migrations and services/booking/migrations in
order, each file once, in a transaction of its own, as the schema's owner.  An advisory lock lets
one run at a time; short lock timeouts keep a waiting ALTER from stopping the clinic.  A statement
may take MIGRATION_STATEMENT_S seconds, 60 if not told otherwise.
"""

import hashlib
import sys
from pathlib import Path

import psycopg2
from psycopg2 import errors, extensions, sql

from shared import settings

ROOT = Path(__file__).resolve().parent.parent
LOCK_TIMEOUT = "5s"
STATEMENT_S = 60


class MigrationChanged(RuntimeError):
    """A file that was applied has been edited since."""


class MigrationStopped(RuntimeError):
    """A file took longer than it may; nothing of it is applied."""


def files(service: str) -> list[Path]:
    """Return the migrations of a service, the shared ones first."""
    own = ROOT / "services" / service / "migrations"
    shared = ROOT / "shared" / "migrations"
    return sorted(shared.glob("*.sql")) + sorted(own.glob("*.sql"))


def name_of(file: Path) -> str:
    """Return the name under which a file is remembered: `shared/0001_messaging`."""
    return f"{file.parent.parent.name}/{file.stem}"


def migrate(dsn: str, service: str) -> list[str]:
    """Apply what is missing and return its names.  Raises MigrationChanged, MigrationStopped."""
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", (f"migrate:{service}",))
            _enter(cursor, service)
            return [name for file in files(service) if (name := _apply(connection, file))]
    finally:
        connection.close()


def _enter(cursor: extensions.cursor, service: str) -> None:
    """Become the owner, in the service's schema."""
    owner, schema = sql.Identifier(f"{service}_owner"), sql.Identifier(service)
    cursor.execute(sql.SQL("SET ROLE {}").format(owner))
    cursor.execute(sql.SQL("SET search_path TO {}, public").format(schema))
    cursor.execute("SELECT set_config('lock_timeout', %s, false)", (LOCK_TIMEOUT,))
    cursor.execute("SELECT set_config('statement_timeout', %s, false)", (f"{_most_s()}s",))
    cursor.execute("SELECT set_config('needlepoint.clinics', '*', false)")
    cursor.execute(
        "CREATE TABLE IF NOT EXISTS migrations ("
        "name text PRIMARY KEY, sha256 text NOT NULL, "
        "applied_at timestamptz NOT NULL DEFAULT now())"
    )


def _apply(connection: extensions.connection, file: Path) -> str | None:
    """Apply one file unless it was; return its name if it was applied now."""
    name, text = name_of(file), file.read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT sha256 FROM migrations WHERE name = %s", (name,))
        known = cursor.fetchone()
        if known and known[0] != digest:
            raise MigrationChanged(f"{name} was edited after it was applied; add a new file.")
        if known:
            return None
        cursor.execute("BEGIN")
        try:
            cursor.execute(text)
        except (errors.QueryCanceled, errors.LockNotAvailable) as late:
            raise MigrationStopped(
                f"{name} took longer than {_most_s()} s, or waited {LOCK_TIMEOUT} for a table that "
                "is in use; nothing of it is applied. Set MIGRATION_STATEMENT_S, and start again."
            ) from late
        cursor.execute("INSERT INTO migrations (name, sha256) VALUES (%s, %s)", (name, digest))
        cursor.execute("COMMIT")
    return name


def _most_s() -> int:
    return settings.number("MIGRATION_STATEMENT_S", STATEMENT_S)


def main() -> None:
    """Migrate the services named on the command line."""
    dsn = settings.secret("MIGRATION_DATABASE_URL")
    for service in sys.argv[1:]:
        applied = migrate(dsn, service)
        sys.stdout.write(f"{service}: {', '.join(applied) or 'up to date'}\n")


if __name__ == "__main__":
    main()
