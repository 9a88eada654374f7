"""Waiting for what other threads and processes do."""

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def until(
    question: Callable[[], Answer],
    *,
    what: str = "it to be so",
    patience_s: float = 90,
    otherwise: Callable[[], str] = str,
) -> Answer:
    """Ask until the answer is true; return it.

    Fails with `what` was waited for, what the answer was last, and what `otherwise` tells then.
    """
    deadline = time.monotonic() + patience_s
    while not (last := question()):
        late = time.monotonic() > deadline
        assert not late, f"Waited {patience_s} s for {what}, not {last!r}. {otherwise()}"
        time.sleep(0.05)
    return last
