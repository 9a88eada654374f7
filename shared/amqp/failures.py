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
