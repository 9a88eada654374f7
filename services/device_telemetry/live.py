"""Process device-telemetry-live: shows browsers what pens do now, as server-sent events.

One gevent worker: a stream costs a greenlet, and no thread of those that answer pages and devices.
"""

from flask import Flask
from prometheus_client import Gauge

from services.device_telemetry.api import streams
from services.device_telemetry.usecases.live import Hub
from shared.http.app import create_api
from shared.http.streams import HUB, end_on_stop

READERS = Gauge("needlepoint_live_pens_readers", "Streams of pens that are open.")


def create_app() -> Flask:
    """Return the application, with the one reader of the pens for all its streams."""
    app = create_api("device_telemetry", [streams.blueprint], title="Device telemetry live")
    hub = Hub()
    app.extensions[HUB] = hub
    READERS.set_function(lambda: hub.readers)
    end_on_stop(hub)
    return app
