"""Many pens in one thread: sleeps until a socket has something or the next chore is due."""

import select
import time
from collections.abc import Callable, Sequence

from deploy.devicekit.pen import Pen


def turn(pens: Sequence[Pen], wait_s: float) -> None:
    """Wait up to `wait_s` for any pen's socket, then give each pen its turn."""
    sockets = [(pen, pen.socket()) for pen in pens]
    readable = [found for _, found in sockets if found is not None]
    writable = [found for pen, found in sockets if found is not None and pen.wants_to_write()]
    if readable:
        select.select(readable, writable, [], wait_s)
    else:
        time.sleep(wait_s)
    now = time.monotonic()
    for pen in pens:
        pen.turn(now)


def run_until(pens: Sequence[Pen], done: Callable[[], bool], *, seconds: float) -> bool:
    """Give turns until `done` or the time is over; say which."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        turn(pens, 0.02)
    return True
