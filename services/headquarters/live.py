"""Process headquarters-live: shows browsers what changes, as server-sent events.

One gevent worker: a stream costs a greenlet, and no thread of those that answer pages.
"""

import signal
import threading
from types import FrameType

from flask import Flask
from prometheus_client import Gauge

from services.headquarters.api import streams
from services.headquarters.usecases.broadcasting import Hub
from shared.http.app import create_api

READERS = Gauge("needlepoint_live_readers", "Streams that are open.")


def create_app() -> Flask:
    """Return the application, with the one reader of the feed for all its streams."""
    app = create_api("headquarters", [streams.blueprint], title="Headquarters live")
    hub = Hub()
    app.extensions[streams.HUB] = hub
    READERS.set_function(lambda: hub.readers)
    _end_streams_on_stop(hub)
    return app


def _end_streams_on_stop(hub: Hub) -> None:
    """Tell readers to come back elsewhere when the process is asked to end.

    Without it an open stream holds a stopping worker for its whole grace period.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        before = signal.getsignal(number)

        def stop(signum: int, frame: FrameType | None, before: object = before) -> None:
            hub.stopping = True
            if callable(before):
                before(signum, frame)

        signal.signal(number, stop)
