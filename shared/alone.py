"""One active process of a kind: a lock that PostgreSQL holds for as long as the session lives."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2 import extensions

from shared import db
from shared.process import Process

TRY_EVERY_S = 1.0
# The server drops the session, and so the lock, within seconds of losing the machine that held it.
_NOTICE_LOSS = (
    "SELECT set_config('tcp_keepalives_idle', '3', false),"
    " set_config('tcp_keepalives_interval', '2', false),"
    " set_config('tcp_keepalives_count', '3', false),"
    " set_config('needlepoint.clinics', '*', false)"
)
_TRY = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"


@contextmanager
def active(dsn: str, name: str, process: Process) -> Iterator[extensions.connection | None]:
    """Wait as a stand-by until we are the one `name`, and yield the session that says so.

    Yields None when the process was asked to stop while it waited.  The scope of the session is
    every clinic.  Raises psycopg2.OperationalError when the database does not answer.
    """
    connection = db.connect(dsn)
    try:
        with connection.cursor() as cursor:
            cursor.execute(_NOTICE_LOSS)
            cursor.execute(_TRY, (name,))
            while not (mine := _said_yes(cursor)) and not process.stopping:
                process.alive()
                process.wait(TRY_EVERY_S)
                cursor.execute(_TRY, (name,))
        yield connection if mine else None
    finally:
        connection.close()


def _said_yes(cursor: extensions.cursor) -> bool:
    row = cursor.fetchone()
    return bool(row and row[0])
