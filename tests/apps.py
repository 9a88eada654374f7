"""Services' HTTP applications inside the test process, and who calls them."""

import base64
import importlib
import os
from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from shared import db
from tests.people import Person
from tests.tokens import Mint

LINKS_KEY = "the tests' own key for clients' links"
NOBODY_LISTENS = "http://127.0.0.1:9"  # the services' addresses for tests that must not need them


class Caller:
    """A test client: `client.as_(people.BOB).post("/v1/...", json=...)`, with a real token."""

    def __init__(
        self, enter: Callable[[], Flask], mint: Mint, headers: dict[str, str] | None = None
    ) -> None:
        self._enter = enter
        self._mint = mint
        self._headers = headers or {}

    @property
    def app(self) -> Flask:
        return self._enter()

    def as_(self, person: Person, **claims: Any) -> "Caller":
        """Return a client that is signed in as a person; claims replace the usual ones."""
        return self.with_headers(Authorization=f"Bearer {self._mint.token(person, **claims)}")

    def with_headers(self, headers: dict[str, str] | None = None, **more: str) -> "Caller":
        """Return a client that sends further headers with every call."""
        return Caller(self._enter, self._mint, self._headers | (headers or {}) | more)

    def open(self, method: str, path: str, **request: Any) -> TestResponse:
        headers = self._headers | dict(request.pop("headers", {}))
        return self._enter().test_client().open(path, method=method, headers=headers, **request)

    def get(self, path: str, **request: Any) -> TestResponse:
        return self.open("GET", path, **request)

    def post(self, path: str, **request: Any) -> TestResponse:
        return self.open("POST", path, **request)

    def patch(self, path: str, **request: Any) -> TestResponse:
        return self.open("PATCH", path, **request)

    def put(self, path: str, **request: Any) -> TestResponse:
        return self.open("PUT", path, **request)

    def delete(self, path: str, **request: Any) -> TestResponse:
        return self.open("DELETE", path, **request)


class Stage:
    """One process plays every service: entering one gives it its environment and its pool."""

    def __init__(self, dsn: Callable[[str], str], mint: Mint) -> None:
        self._dsn = dsn
        self.mint = mint
        self._apps: dict[str, Flask] = {}
        self._playing: str | None = None

    def enter(self, service: str) -> None:
        """Give this process a service's settings and database pool."""
        if self._playing == service:
            return
        os.environ.update(self.environment(service))
        db.open_pool(self._dsn(service), connections=24, wait_s=10)
        self._playing = service

    def leave(self) -> None:
        db.close_pool()
        self._playing = None

    def app(self, service: str) -> Flask:
        """Return a service's application, made once a process, with its pool in place."""
        self.enter(service)
        if service not in self._apps:
            module = importlib.import_module(f"services.{service}.app")
            self._apps[service] = module.create_app()
            self._playing = None
            self.enter(service)
        return self._apps[service]

    def caller(self, service: str) -> Caller:
        return Caller(lambda: self.app(service), self.mint)

    def environment(self, service: str) -> dict[str, str]:
        """Return what a process of the service finds in its environment."""
        key = base64.b64encode(service.encode().ljust(32, b"."))
        addresses = (
            "IDENTITY",
            "BOOKING",
            "CLIENT_RECORDS",
            "DEVICE_TELEMETRY",
            "NOTIFICATION",
            "HEADQUARTERS",
            "HEADQUARTERS_LIVE",
            "DEVICE_TELEMETRY_LIVE",
        )
        return {
            **{f"{name}_URL": NOBODY_LISTENS for name in addresses},
            "SERVICE": service,
            "STAFF_EPOCH_S": "0",  # what one test changed must not linger for the next
            "DATABASE_URL": self._dsn(service),
            "JWKS_FILE": str(self.mint.jwks_file),
            "DATA_KEY": key.decode(),
            "LINKS_KEY": LINKS_KEY,
            "NEEDLEPOINT_ENV": "development",
            "AMQP_URL": "amqp://nobody@127.0.0.1:9/",
            "BROKER_MANAGEMENT_URL": "http://nobody:nobody@127.0.0.1:9",
            "PAYMENTS_SECRET": "whsec-of-the-tests-and-of-nothing-else",
            "SMTP_URL": "smtp://127.0.0.1:9",
            "MAIL_FROM": "clinic@needlepoint.example",
        }
