"""Process: booking's API."""

from flask import Flask

from services.booking.api import (
    appointments,
    availability,
    calendars,
    clinics,
    policies,
    practitioners,
    rooms,
    treatments,
)
from shared.http.app import create_api


def create_app() -> Flask:
    """Return the application."""
    nouns = [
        clinics,
        policies,
        practitioners,
        rooms,
        treatments,
        availability,
        appointments,
        calendars,
    ]
    return create_api("booking", [noun.blueprint for noun in nouns])
