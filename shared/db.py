"""PostgreSQL: one waiting pool, one kind of transaction, SQL read from files."""

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any, Self
from uuid import UUID

import psycopg2
import psycopg2.extras
from psycopg2 import extensions

from shared.errors import Unavailable

_PARAMETER = re.compile(r"%\((\w+)\)s")
_HEADER = re.compile(r"^-- ([a-z_0-9]+) --\n", re.MULTILINE)
_BEGIN = "BEGIN; SELECT set_config('needlepoint.clinics', %s, true)"
MAX_AGE_S = 1800  # a connection is replaced after half an hour, so that a moved primary is found

psycopg2.extras.register_uuid()  # type: ignore[no-untyped-call]


class PoolBusy(Unavailable):
    """Every connection stayed in use for as long as we wait."""

    type = "busy"
    title = "The clinic's system is busy"


class DatabaseGone(Unavailable):
    """The database does not answer."""

    type = "database-gone"
    title = "The clinic's records cannot be reached"


class CommitLost(psycopg2.OperationalError):
    """COMMIT did not commit: a statement had failed before it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The clinics whose rows a transaction may see; row-level security does the hiding."""

    clinics: str

    @classmethod
    def of(cls, clinic_ids: "frozenset[UUID] | set[UUID] | list[UUID]") -> Self:
        """Return the scope of some clinics."""
        return cls(",".join(sorted(str(clinic_id) for clinic_id in clinic_ids)))


NO_CLINIC = Scope("")
EVERY_CLINIC = Scope("*")


class Connection(extensions.connection):
    """A connection that knows which statements its server has planned."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """As psycopg2 opens them."""
        super().__init__(*args, **options)
        self.prepared: set[str] = set()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A query that each connection plans once, and not at every question (decision 0094).

    For what is asked often and takes longer to plan than to answer.  Every parameter has its cast.
    """

    name: str
    plan: str
    call: str

    @classmethod
    def of(cls, query: str) -> Self:
        """Return a named query of a store as one that is planned once."""
        parameters = list(dict.fromkeys(_PARAMETER.findall(query)))
        name = f"q_{sha256(query.encode()).hexdigest()[:24]}"
        numbered = _PARAMETER.sub(lambda each: f"${parameters.index(each[1]) + 1}", query)
        values = ", ".join(f"%({each})s" for each in parameters)
        plan = f"PREPARE {name} AS {numbered.replace('%%', '%')}"
        return cls(name, plan, f"EXECUTE {name}({values})" if values else f"EXECUTE {name}")


Sql = str | Prepared


class Transaction(extensions.cursor):
    """A cursor inside an open transaction.

    Rows are dicts, made here: psycopg2's own take three times as long.
    """

    connection: Connection

    def __init__(self, *args: Any, **options: Any) -> None:
        """As psycopg2 makes cursors."""
        super().__init__(*args, **options)
        self._later: list[bytes] = []
        self._savepoints = 0

    def later(self, sql: str, values: Mapping[str, Any] | None = None) -> None:
        """Execute in front of the next statement or the commit, in the same trip to the server.

        For writes whose answer nobody reads; they fail where they are sent.
        """
        self._later.append(self.mogrify(sql, values).rstrip(b"; \n"))

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 # psycopg2's word
        """Execute what waits and then this, in one trip."""
        if isinstance(query, Prepared):
            query = self.planned(query)
        if self._later:
            query, vars = b";\n".join([*self._later, self.mogrify(query, vars)]), None  # noqa: A001
            self._later.clear()
        super().execute(query, vars)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what is done inside, its locks too, when an error leaves; what was before stays.

        What waits before is sent at once, so that it fails outside; what waits inside is sent at
        the end, so that it fails here.  The error leaves as it came, also when the connection is
        lost.  The savepoint's own words travel with others: the server undoes, and lets go of the
        locks, in front of the next statement.
        """
        self._savepoints += 1
        name = f"savepoint_{self._savepoints}".encode()
        begin, release = b"SAVEPOINT " + name, b"RELEASE " + name
        if self._later:
            self.execute(begin)
        else:
            self._later.append(begin)
        try:
            yield
            if self._later == [begin]:
                self._later.clear()
            elif self._later:
                self.execute(release)
            else:
                self._later.append(release)
        except BaseException:
            undo = [] if begin in self._later else [b"ROLLBACK TO " + name, release]
            self._later[:] = undo
            raise

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
        """Execute what waits and then COPY."""
        self._send()
        super().copy_expert(sql, file, size)

    def executemany(self, query: Any, vars_list: Any) -> None:
        """Execute what waits and then this for each."""
        self._send()
        super().executemany(query, vars_list)

    def planned(self, query: Prepared) -> str:
        """Return what asks a prepared query, after the server of this connection has planned it."""
        known = self.connection.prepared
        if query.name not in known:
            self.execute(query.plan)
            known.add(query.name)
        return query.call

    def _send(self) -> None:
        if self._later:
            self.execute("SELECT 1")

    def one(self, sql: Sql, values: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """Return the first row, or None."""
        self.execute(sql, values)
        row = self.fetchone()
        return None if row is None else dict(zip(self._names(), row, strict=False))

    def all(self, sql: Sql, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return every row."""
        self.execute(sql, values)
        names = self._names()
        return [dict(zip(names, row, strict=False)) for row in self.fetchall()]

    def _names(self) -> list[str]:
        return [column.name for column in self.description or ()]

    def run(self, sql: Sql, values: Mapping[str, Any] | None = None) -> int:
        """Execute, and return how many rows were touched."""
        self.execute(sql, values)
        return self.rowcount

    def narrow(self, scope: Scope) -> None:
        """Change the clinics that the rest of this transaction may see."""
        self.later(
            "SELECT set_config('needlepoint.clinics', %(clinics)s, true)",
            {"clinics": scope.clinics},
        )


class Pool:
    """Some connections, lent one to a thread at a time.  Whoever finds none waits, then is told."""

    def __init__(self, dsn: str, *, connections: int, wait_s: float) -> None:
        """Open nothing yet: the first transaction does."""
        self._dsn = dsn
        self._wait_s = wait_s
        self._idle: LifoQueue[tuple[extensions.connection, float]] = LifoQueue()
        self._seats = threading.BoundedSemaphore(connections)

    def take(self) -> tuple[extensions.connection, float, bool]:
        """Return a connection, when it was opened, and whether just now.

        Raises PoolBusy or DatabaseGone.
        """
        if not self._seats.acquire(timeout=self._wait_s):
            raise PoolBusy("Too many people work at once. Please try again.", retry_after_s=1)
        try:
            if idle := self._idle_connection():
                return *idle, False
            return *self._open(), True
        except BaseException:
            self._seats.release()
            raise

    def give_back(self, connection: extensions.connection, opened: float) -> None:
        """Keep the connection for the next, or close one that is broken or old."""
        idle = extensions.TRANSACTION_STATUS_IDLE
        healthy = not connection.closed and connection.info.transaction_status == idle
        if healthy and time.monotonic() - opened < MAX_AGE_S:
            self._idle.put((connection, opened))
        else:
            connection.close()
        self._seats.release()

    def close(self) -> None:
        """Close what is idle."""
        while found := self._idle_connection():
            found[0].close()

    def _idle_connection(self) -> tuple[extensions.connection, float] | None:
        while True:
            try:
                connection, opened = self._idle.get_nowait()
            except Empty:
                return None
            if not connection.closed:
                return connection, opened

    def _open(self) -> tuple[extensions.connection, float]:
        try:
            connection = connect(self._dsn)
        except psycopg2.OperationalError as gone:
            raise DatabaseGone(
                "The clinic's records cannot be reached. Please try again shortly.", retry_after_s=2
            ) from gone
        return connection, time.monotonic()


_pool: Pool | None = None


def connect(dsn: str) -> extensions.connection:
    """Open one connection that speaks UTC and notices a dead server within seconds."""
    connection = psycopg2.connect(
        dsn,
        connection_factory=Connection,
        connect_timeout=3,
        keepalives_idle=5,
        tcp_user_timeout=5000,
        options="-c timezone=UTC -c idle_in_transaction_session_timeout=30s",
    )
    connection.autocommit = True  # transaction() says BEGIN itself, in one trip with the scope
    return connection


def open_pool(dsn: str, *, connections: int = 8, wait_s: float = 2.0) -> None:
    """Give this process its pool.  Call after a fork, never before."""
    global _pool
    close_pool()
    _pool = Pool(dsn, connections=connections, wait_s=wait_s)


def pool_is_open() -> bool:
    """Say whether this process has its pool."""
    return _pool is not None


def close_pool() -> None:
    """Close the pool's idle connections."""
    global _pool
    if _pool:
        _pool.close()
    _pool = None


@contextmanager
def transaction(scope: Scope = NO_CLINIC) -> Iterator[Transaction]:
    """Commit everything done inside, or none of it.

    Raises PoolBusy, DatabaseGone, or CommitLost when a swallowed error had spoilt the transaction.
    """
    pool = _pool  # another thread may open a new one meanwhile; ours gets its connection back
    if pool is None:
        raise RuntimeError("open_pool() was not called in this process.")
    connection, opened, tx = _begin(pool, scope)
    try:
        with tx:
            try:
                yield tx
            except BaseException:
                _roll_back(connection)
                raise
            tx.execute("COMMIT")
            if tx.statusmessage != "COMMIT":
                raise CommitLost("The database rolled back what should have been committed.")
    finally:
        pool.give_back(connection, opened)


@dataclass(frozen=True, slots=True)
class Question:
    """Asks without opening a transaction: each answer is one trip to the server, not three.

    For what is asked very often, alone, and changes nothing.  Rows as a transaction gives them.
    """

    scope: Scope

    def all(self, sql: Sql, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return every row.  Raises PoolBusy or DatabaseGone."""
        pool = _pool
        if pool is None:
            raise RuntimeError("open_pool() was not called in this process.")
        while True:
            connection, opened, fresh = pool.take()
            try:
                return self._ask(connection, sql, values)
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                connection.close()
                if fresh:
                    raise
            finally:
                pool.give_back(connection, opened)

    def _ask(
        self, connection: extensions.connection, sql: Sql, values: Mapping[str, Any] | None
    ) -> list[dict[str, Any]]:
        with connection.cursor(cursor_factory=Transaction) as tx:
            # planned before the scope is set, which holds for one trip only
            call = tx.planned(sql) if isinstance(sql, Prepared) else sql
            tx.narrow(self.scope)
            return tx.all(call, values)


def _begin(pool: Pool, scope: Scope) -> tuple[extensions.connection, float, Transaction]:
    """Open a transaction on a connection that lives: a kept one may have died with its server."""
    while True:
        connection, opened, fresh = pool.take()
        try:
            tx = connection.cursor(cursor_factory=Transaction)
            tx.execute(_BEGIN, (scope.clinics,))
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            connection.close()
            pool.give_back(connection, opened)
            if fresh:
                raise
        except BaseException:
            pool.give_back(connection, opened)
            raise
        else:
            return connection, opened, tx


def _roll_back(connection: extensions.connection) -> None:
    """Undo the open transaction; a connection that cannot even do that is closed by the pool."""
    if connection.closed:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")
    except psycopg2.Error:
        connection.close()


def queries(module_file: str) -> Mapping[str, str]:
    """Return the named queries of the .sql file beside `module_file`."""
    _, *parts = _HEADER.split(Path(module_file).with_suffix(".sql").read_text(encoding="utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))
