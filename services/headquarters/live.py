"""Process headquarters-live: shows browsers what changes, as server-sent events.

One gevent worker: a stream costs a greenlet, and no thread of those that answer pages.
"""

from flask import Flask
from prometheus_client import Gauge

from services.headquarters.api import streams
from services.headquarters.usecases.broadcasting import Hub
from shared.http.app import create_api
from shared.http.streams import HUB, end_on_stop

READERS = Gauge("needlepoint_live_readers", "Streams that are open.")


def create_app() -> Flask:
    """Return the application, with the one reader of the feed for all its streams."""
    app = create_api("headquarters", [streams.blueprint], title="Headquarters live")
    hub = Hub()
    app.extensions[HUB] = hub
    READERS.set_function(lambda: hub.readers)
    end_on_stop(hub)
    return app
