"""Process: booking's API."""

from flask import Flask

from services.booking.api import (
    appointments,
    availability,
    calendars,
    clinics,
    days,
    policies,
    practitioners,
    rooms,
    treatments,
)
from shared.http.app import create_api

NOUNS = (
    clinics,
    days,
    policies,
    practitioners,
    rooms,
    treatments,
    availability,
    appointments,
    calendars,
)


def create_app() -> Flask:
    """Return the application."""
    return create_api("booking", [noun.blueprint for noun in NOUNS])
