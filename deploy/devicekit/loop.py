"""Many pens in one thread: sleeps until a socket has something or the next chore is due."""

import selectors
import time
from collections.abc import Callable, Sequence

from deploy.devicekit.pen import Pen


def turn(pens: Sequence[Pen], wait_s: float) -> None:
    """Wait up to `wait_s` for any pen's socket, then give each pen its turn.

    Thousands of pens are no trouble: poll knows no highest descriptor, as select does.
    """
    with selectors.PollSelector() as selector:
        for pen in pens:
            if (found := pen.socket()) is not None:
                writes = selectors.EVENT_WRITE if pen.wants_to_write() else 0
                selector.register(found, selectors.EVENT_READ | writes)
        selector.select(wait_s)
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
