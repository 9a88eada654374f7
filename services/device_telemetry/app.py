"""Process: device telemetry's API, and the broker's questions."""

from flask import Flask

from services.device_telemetry.api import (
    alarms,
    batches,
    broker,
    commands,
    credentials,
    devices,
    exports,
    firmware,
    places,
    services,
    set_aside,
    traces,
)
from shared.http.app import create_api


def create_app() -> Flask:
    """Return the application."""
    nouns = [
        *(devices, services, places, firmware, credentials, commands, batches),
        *(traces, exports, alarms, set_aside, broker),
    ]
    device = {
        "type": "http",
        "scheme": "basic",
        "description": "A device's id and its secret.",
    }
    blueprints = [noun.blueprint for noun in nouns]
    return create_api("device_telemetry", blueprints, schemes={"device": device})
