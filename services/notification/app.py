"""Process notification-api."""

from flask import Flask

from services.notification.api import messages, templates
from shared.http.app import create_api


def create_app() -> Flask:
    """Return the application."""
    return create_api("notification", [messages.blueprint, templates.blueprint])
