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
from services.device_telemetry.settings import Settings
from shared.http.app import create_api


def create_app() -> Flask:
    """Return the application.  Raises SettingMissing."""
    Settings.from_env()  # what is missing stops the start, not the first device that is retired
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
