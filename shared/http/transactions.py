"""One transaction a request, with the caller's clinics as its scope."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import g, has_request_context

from shared import db, settings
from shared.db import Question, Scope, Transaction

_opening = threading.Lock()


@contextmanager
def transaction(scope: Scope | None = None) -> Iterator[Transaction]:
    """Commit what is done inside, or join the transaction that @idempotent opened.

    Without `scope` it sees the caller's clinics, and none on a public route.
    Raises PoolBusy or DatabaseGone (503).
    """
    open_tx: Transaction | None = g.get("open_transaction")
    if open_tx is None:
        with _fresh(scope or caller_scope()) as tx:
            yield tx
    elif scope is None:
        yield open_tx
    else:
        open_tx.narrow(scope)
        yield open_tx
        open_tx.narrow(caller_scope())


def question(scope: Scope) -> Question:
    """Return a way to ask without a transaction, for what is asked often and changes nothing."""
    open_pool_once()
    return Question(scope)


@contextmanager
def opened() -> Iterator[Transaction]:
    """Open the request's transaction, which every transaction() inside then joins."""
    with _fresh(caller_scope()) as tx:
        g.open_transaction = tx
        try:
            yield tx
        finally:
            g.open_transaction = None


def caller_scope() -> Scope:
    """Return the clinics that the signed-in person reaches; none when nobody is signed in."""
    actor = g.get("actor") if has_request_context() else None
    return actor.scope if actor else db.NO_CLINIC


def commit_was_tried() -> bool:
    """Say whether this request may have changed something: then it is not to be run again."""
    return bool(g.get("commit_tried"))


def open_pool_once() -> None:
    """Open this process's pool at its first use: after the fork, and never to build an app."""
    if db.pool_is_open():
        return
    with _opening:
        if not db.pool_is_open():
            connections = settings.number("DATABASE_CONNECTIONS", 8)
            db.open_pool(settings.secret("DATABASE_URL"), connections=connections)


@contextmanager
def _fresh(scope: Scope) -> Iterator[Transaction]:
    open_pool_once()
    with db.transaction(scope) as tx:
        yield tx
        g.commit_tried = True
