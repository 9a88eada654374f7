"""Long answers, and readers who take them too slowly: they keep no thread and no seat for ever.

An answer that is written while it is read goes on at its reader's pace, and whoever reads nothing
at all would hold what it needs until the connection breaks.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from shared import logging

LEAST_BYTES_S: Final = 128 * 1024  # a second, in the long run: a megabit line's pace
PATIENCE_S: Final = 30.0  # on top of that, all told
_AT_ONCE_S: Final = 0.001  # zero would mean not to wait at all
log = logging.logger("needlepoint.readers")


class TooSlow(Exception):
    """Somebody reads too slowly: the connection ends amid the answer, which tells them."""


def in_time(
    parts: Iterable[bytes],
    environ: Mapping[str, Any],
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[bytes]:
    """Yield an answer's parts, as long as their reader takes LEAST_BYTES_S of them in the long run.

    Only the reader's time counts, never ours.  `environ` is the request's: gunicorn's socket in it
    is told how long the sending of each part may take, for a send that blocks returns to nobody.
    Raises TooSlow; a reader who stopped altogether ends the send with TimeoutError.
    """
    socket = environ.get("gunicorn.socket")
    left_s = PATIENCE_S
    for part in parts:
        left_s += len(part) / LEAST_BYTES_S
        if socket is not None:
            socket.settimeout(max(left_s, _AT_ONCE_S))
        began = clock()
        try:
            yield part
        finally:
            left_s -= clock() - began
            if left_s <= 0:
                log.warning("cut off, for reading too slowly")
        if left_s <= 0:
            raise TooSlow
