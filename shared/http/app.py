"""The application factory: what every service's API does alike."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flask_smorest
import psycopg2
from flask import Flask, Response, g
from marshmallow import ValidationError
from psycopg2.errors import DeadlockDetected, SerializationFailure
from werkzeug.exceptions import HTTPException

from shared import settings, trace
from shared.errors import DomainError
from shared.http import (
    api_keys,
    guard,
    headers,
    health,
    json,
    metrics,
    openapi,
    problems,
    tokens,
    transactions,
)
from shared.http.blueprints import Blueprint
from shared.logging import bind, configure, log_fault, log_request

MIB = 1024 * 1024
_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An access token from identity's `POST /v1/tokens`, or an API key (`npk_...`).",
}


class Api(flask_smorest.Api):  # type: ignore[misc] # flask-smorest carries no types
    """flask-smorest that speaks RFC 9457."""

    DEFAULT_RESPONSE_CONTENT_TYPE = "application/json"
    ERROR_SCHEMA = problems.Problem

    def _register_responses(self) -> None:
        """Document errors in the media type in which they are sent."""
        usual = self.DEFAULT_RESPONSE_CONTENT_TYPE
        self.DEFAULT_RESPONSE_CONTENT_TYPE = problems.MEDIA_TYPE
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = usual

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Answer what Flask refuses."""
        return problems.from_http(error)


class Service(Flask):
    """A Flask that runs a request once more when the database broke off a whole transaction."""

    json_provider_class = json.Provider

    def dispatch_request(self) -> Any:
        """Call the view; once more after a deadlock, unless something may have been committed."""
        try:
            return super().dispatch_request()
        except (DeadlockDetected, SerializationFailure):
            if transactions.commit_was_tried():
                raise
            return super().dispatch_request()


def create_api(
    service: str,
    blueprints: Sequence[Blueprint],
    *,
    title: str | None = None,
    database: bool = True,
    key_set: tokens.Keys | None = None,
    exchange: api_keys.Exchange | None = None,
    schemes: Mapping[str, Mapping[str, str]] | None = None,
) -> Flask:
    """Return the API of `service`.  Needs no database until the first request does.

    Only identity passes `key_set` and `exchange`: everybody else asks identity.  `schemes` are the
    OpenAPI security schemes of routes that check something else than a bearer token themselves.
    """
    configure(service, "api")
    app = Service(f"services.{service}", static_folder=None)
    app.url_map.merge_slashes = False  # /v1//clinics is no clinic; a redirect would say it were
    app.config.update(_config(title or service.replace("_", " ").capitalize()))
    guard.install(app, guard.Guard(key_set, exchange))
    _log_answers(app)  # first in, last out: it sees what the others made of the answer
    metrics.install(app, service)
    headers.install(app)
    _bind_log(app, service)
    _install_errors(app)
    spec = _install_routes(app, blueprints, {"bearer": _BEARER, **(schemes or {})})
    health.install(app, service, lambda: openapi.document(spec()), database=database)
    return app


def _install_routes(
    app: Flask, blueprints: Sequence[Blueprint], schemes: Mapping[str, Mapping[str, str]]
) -> Callable[[], dict[str, Any]]:
    """Register the blueprints, and return what writes their OpenAPI page.  Raises TypeError."""
    api = Api(app)
    for name, scheme in schemes.items():
        api.spec.components.security_scheme(name, dict(scheme))
    for blueprint in blueprints:
        if not isinstance(blueprint, Blueprint):
            raise TypeError(f"{blueprint.name}: use Blueprint of shared.http.blueprints.")
        api.register_blueprint(blueprint)
    spec: Callable[[], dict[str, Any]] = api.spec.to_dict
    return spec


def _config(title: str) -> dict[str, Any]:
    hosts = [host.strip() for host in settings.text("TRUSTED_HOSTS", "").split(",")]
    return {
        "API_TITLE": title,
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "MAX_CONTENT_LENGTH": MIB,
        "MAX_FORM_MEMORY_SIZE": MIB,
        "MAX_FORM_PARTS": 100,
        "TRUSTED_HOSTS": [host for host in hosts if host] or None,
        "PROPAGATE_EXCEPTIONS": False,
    }


def _install_errors(app: Flask) -> None:
    """Turn every exception into a problem, so that no input gives a stack trace."""

    def database(error: psycopg2.Error) -> Response:
        answer = problems.from_database(error)
        log_fault(error, status=answer.status_code)
        return answer

    def fault(error: Exception) -> Response:
        if isinstance(error, ValueError) and (refusal := problems.from_value(error)):
            return refusal
        log_fault(error, status=500)
        return problems.from_fault(error)

    app.register_error_handler(DomainError, problems.from_domain)
    app.register_error_handler(ValidationError, problems.from_schema)
    app.register_error_handler(psycopg2.Error, database)
    app.register_error_handler(Exception, fault)


def _bind_log(app: Flask, service: str) -> None:
    """Put the request on every log line that it causes."""

    @app.before_request
    def begin() -> None:
        bind(service=service, request_id=g.request_id, trace_id=trace.trace_id())


def _log_answers(app: Flask) -> None:
    """Log one line a request, and forget the trace afterwards."""

    @app.after_request
    def end(response: Response) -> Response:
        log_request(
            metrics.method(),
            metrics.route(),
            response.status_code,
            metrics.duration_s(),
            g.get("actor"),
        )
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        trace.end()
