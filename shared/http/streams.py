"""HTTP edge of live streams: who opens one, when it ticks and ends, and how processes stop them."""

import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final
from uuid import UUID

from flask import Response

from shared import clock
from shared.errors import Forbidden
from shared.http import guard
from shared.http.guard import requires
from shared.streams import Hub, frame

HUB: Final = "needlepoint-hub"  # where an app keeps its hub
WHY_OPEN: Final = "a ticket or an access token is asked for inside: EventSource can send no header"
RETRY: Final = b"retry: 2000\n\n"
TICK_S: Final = 5.0
WAIT_S: Final = 1.0  # how long a stopping process may go unnoticed
LONGEST_S: Final = 600.0  # as long as a token lives; then the reader shows again who they are
_PING_S: Final = 15.0
_PING: Final = b": ping\n\n"
_HEADERS: Final = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
_POSITION = re.compile("[0-9]{1,18}")


def position(last_event_id: str | None) -> int | None:
    """Read the id of the last event that the reader saw; None for none, or none of ours."""
    text = last_event_id or ""
    return int(text) if _POSITION.fullmatch(text) else None


def by_token(permission: str, clinic_id: UUID | None) -> UUID:
    """Return who asks by an access token.  Raises Unauthenticated, and as may_look_on()."""

    @requires("me:read")
    def enter() -> None:
        may_look_on(permission, clinic_id)

    enter()
    return guard.actor().id


def may_look_on(permission: str, clinic_id: UUID | None) -> None:
    """Raise Forbidden without the permission, NotFound for a clinic that is not the caller's."""
    if not guard.actor().may(permission):
        raise Forbidden("Your role does not allow this.", permission=permission)
    if clinic_id is not None:
        guard.reach(clinic_id)


def answer(events: Iterator[bytes]) -> Response:
    """Return the response that streams `events`, past every buffer on the way."""
    response = Response(events, mimetype="text/event-stream")
    response.headers.update(_HEADERS)
    return response


class Pulse:
    """When a stream ticks, pings and ends."""

    def __init__(self, hub: Hub) -> None:
        """Begin now."""
        self._hub = hub
        self._started = self._ticked = self._pinged = time.monotonic()

    def goes_on(self) -> bool:
        """Say whether the reader may stay: neither too long here, nor is the process stopping."""
        return time.monotonic() - self._started < LONGEST_S and not self._hub.stopping

    def wait_s(self) -> float:
        """Return how long to wait for a message at most."""
        return min(WAIT_S, max(0.0, self._ticked + TICK_S - time.monotonic()))

    def due(self, reached: int) -> Iterator[bytes]:
        """Yield a tick or a ping if it is time for one; a tick's id can be resumed from."""
        now = time.monotonic()
        if now - self._ticked >= TICK_S:
            yield frame("tick", f'{{"at":"{clock.now().isoformat()}"}}', reached)
            self._ticked = now
        if now - self._pinged >= _PING_S:
            yield _PING
            self._pinged = now

    def end(self, reached: int) -> bytes:
        """Return the last word: come back, here or at another process."""
        why = "stopping" if self._hub.stopping else "renew"
        return frame("end", f'{{"reason":"{why}"}}', reached)


def end_on_stop(hub: Hub) -> None:
    """Tell readers to come back elsewhere when the process is asked to end.

    Without it an open stream holds a stopping worker for its whole grace period.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        before = signal.getsignal(number)
        signal.signal(number, _stopping(hub, before))


def _stopping(hub: Hub, before: object) -> Callable[[int, FrameType | None], None]:
    def stop(signum: int, stack: FrameType | None) -> None:
        hub.stopping = True
        if callable(before):
            before(signum, stack)

    return stop
