"""What a failure means: wait for the database, try the event again, or ask a person.

Names of exceptions and places in the code are kept, never their texts: a driver's message quotes
the row it could not write, and rows hold names.
"""

import traceback
from pathlib import Path

import psycopg2

from shared.db import CommitLost
from shared.errors import DomainError, NotFound, TooMany, Unavailable

# connection exception, insufficient resources, operator intervention, system error
_UNWELL_CLASSES = ("08", "53", "57P", "58")
_READ_ONLY = "25006"  # a demoted primary
# serialization failure, deadlock, lock not available, query cancelled by a time limit
_PASSING = {"40001", "40P01", "55P03", "57014"}
# a table, column or function that is not there, transaction state, internal error
_OURS_CLASSES = ("42", "25", "XX", "0A")
_CHECK_VIOLATION = "23514"  # without a constraint's name: no partition takes the row


def database_is_unwell(error: BaseException) -> bool:
    """Say whether the database, not the event, is at fault: nothing may be acknowledged."""
    if isinstance(error, Unavailable):
        return isinstance(error.__cause__, psycopg2.OperationalError)
    if not isinstance(error, psycopg2.Error) or isinstance(error, CommitLost):
        return False
    if error.pgcode is None:
        return isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError)) or (
            type(error) is psycopg2.DatabaseError  # libpq lost the server in mid-answer
        )
    return error.pgcode.startswith(_UNWELL_CLASSES) or error.pgcode == _READ_ONLY


def is_passing(error: BaseException) -> bool:
    """Say whether another transaction was in the way: the same again may go well."""
    return isinstance(error, psycopg2.Error) and error.pgcode in _PASSING


def is_ours(error: BaseException) -> bool:
    """Say whether the database blames our tables or statements rather than what was to be stored.

    Such as a missing partition or column: it fails for many messages, and heals.
    """
    if not isinstance(error, psycopg2.Error) or error.pgcode is None:
        return False
    if error.pgcode == _CHECK_VIOLATION:
        return error.diag.constraint_name is None
    return error.pgcode.startswith(_OURS_CLASSES) or is_passing(error)


def is_final(error: BaseException) -> bool:
    """Say whether trying again is useless: a rule said no.

    What is not found may still arrive from another service, and what is busy gets free.
    """
    return isinstance(error, DomainError) and not isinstance(
        error, (NotFound, TooMany, Unavailable)
    )


def describe(error: BaseException) -> str:
    """Return a rule's own sentence, or the kind and place of any other failure."""
    if isinstance(error, DomainError):
        return f"{type(error).__name__}: {error}"
    code = getattr(error, "pgcode", None)
    kind = f"{type(error).__name__} {code}" if code else type(error).__name__
    constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename]
    place = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno} {ours[-1].name}" if ours else ""
    return f"{kind}{f' ({constraint})' if constraint else ''}{place}"
