"""Is the process alive; may it be given work.

The broker is reported and does not decide: bookings go on with the outbox while it is down, and a
broker that made every replica unready would turn a delay into an outage.
"""

import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import psycopg2
from flask import Flask, Response, current_app

from shared import db, migrate, settings
from shared.errors import DomainError
from shared.http import metrics, transactions
from shared.http.guard import public

KEEP_S = 2.0
BROKER_TIMEOUT_S = 0.5
_NAMES = "SELECT name FROM migrations"


class Readiness:
    """What the database and the broker said, at most two seconds ago."""

    def __init__(self, service: str, *, database: bool) -> None:
        """Leave the database out for a service without a schema of its own."""
        self._service = service
        self._database = database
        self._kept: tuple[dict[str, Any], int] | None = None
        self._at = float("-inf")

    def answer(self) -> tuple[dict[str, Any], int]:
        """Return the page and its status: 503 when the database is down or behind."""
        now = time.monotonic()
        if self._kept is None or now - self._at > KEEP_S:
            self._kept, self._at = self._ask(), now
        return self._kept

    def _ask(self) -> tuple[dict[str, Any], int]:
        parts = {"broker": _broker()}
        if self._database:
            parts["database"] = _database(self._service)
        ready = parts.get("database", "up") == "up"
        return {"status": "ready" if ready else "not ready", **parts}, 200 if ready else 503


def install(app: Flask, service: str, document: Callable[[], Any], *, database: bool) -> None:
    """Add /healthz, /readyz, /metrics and /openapi.json; `document` returns the OpenAPI page."""
    readiness = Readiness(service, database=database)

    @app.get("/healthz")
    @public("the supervisor asks whether the process lives")
    def healthz() -> dict[str, str]:
        return {"status": "alive", "service": service}

    @app.get("/readyz")
    @public("the gateway asks whether to send work")
    def readyz() -> tuple[dict[str, Any], int]:
        return readiness.answer()

    @app.get("/metrics")
    @public("Prometheus reads it inside; the gateway does not pass it on")
    def prometheus() -> Response:
        return metrics.page()

    @app.get("/openapi.json")
    @public("integrators read it before they have an account")
    def openapi() -> Response:
        return Response(current_app.json.dumps(document()), mimetype="application/json")


def _database(service: str) -> str:
    """Return up, down, or behind when a migration that this code needs was not applied."""
    try:
        transactions.open_pool_once()
        with db.transaction() as tx:
            applied = {row["name"] for row in tx.all(_NAMES)}
    except (DomainError, psycopg2.Error, settings.SettingMissing):
        return "down"
    wanted = {migrate.name_of(file) for file in migrate.files(service)}
    return "up" if wanted <= applied else "behind"


def _broker() -> str:
    """Return up or down by whether the broker's port takes a connection."""
    url = urlsplit(settings.text("AMQP_URL", ""))
    if not url.hostname:
        return "not configured"
    try:
        with socket.create_connection((url.hostname, url.port or 5672), BROKER_TIMEOUT_S):
            return "up"
    except OSError:
        return "down"
