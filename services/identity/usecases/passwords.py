"""Argon2id, a few at a time: one hash takes 46 MiB, and a flood of sign-ins must not take all."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shared.errors import Unavailable

AT_ONCE = 2
WAIT_S = 3.0
_hasher = PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1)
_seats = threading.BoundedSemaphore(AT_ONCE)


def hashed(password: str) -> str:
    """Return the hash to keep.  Raises Unavailable when too many are at work."""
    with _seat():
        return _hasher.hash(password)


def matches(password: str, kept: str | None) -> bool:
    """Say whether the password is the one; as slow for somebody unknown.  Raises Unavailable."""
    try:
        with _seat():
            return _hasher.verify(kept or _nobodys(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Say whether the hash was made with other costs than today's."""
    return _hasher.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return _hasher.hash("a password that nobody has")


@contextmanager
def _seat() -> Iterator[None]:
    if not _seats.acquire(timeout=WAIT_S):
        raise Unavailable("Many people sign in at once. Please try again.", retry_after_s=2)
    try:
        yield
    finally:
        _seats.release()
