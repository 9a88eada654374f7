"""Process client-records-api."""

from flask import Flask

from services.client_records.api import (
    accesses,
    adverse_events,
    clients,
    consents,
    lots,
    screenings,
    sessions,
)
from shared.http.app import create_api


def create_app() -> Flask:
    """Return the application."""
    nouns = [clients, screenings, consents, sessions, adverse_events, lots, accesses]
    return create_api("client_records", [noun.blueprint for noun in nouns])
