"""Process headquarters-api."""

from flask import Flask

from services.headquarters.api import alarms, attention, clinics
from shared.http.app import create_api


def create_app() -> Flask:
    """Return the application."""
    return create_api("headquarters", [clinics.blueprint, attention.blueprint, alarms.blueprint])
