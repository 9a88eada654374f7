"""How many requests, how long, how they ended: by route, never by person."""

import os
import time

from flask import Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

REQUESTS = Counter(
    "needlepoint_http_requests_total",
    "Requests answered.",
    ("service", "method", "route", "status"),
)
SECONDS = Histogram(
    "needlepoint_http_request_seconds",
    "Time to answer a request.",
    ("service", "method", "route"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def install(app: Flask, service: str) -> None:
    """Count and time every request of `app`."""

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def stop(response: Response) -> Response:
        seconds = duration_s()
        REQUESTS.labels(service, method(), route(), str(response.status_code)).inc()
        SECONDS.labels(service, method(), route()).observe(seconds)
        return response


def duration_s() -> float:
    """Return the seconds since the request came."""
    started: float = g.get("started", time.perf_counter())
    return time.perf_counter() - started


def method() -> str:
    """Return the method, or `other` for an invented one: labels are few."""
    return request.method if request.method in _METHODS else "other"


def route() -> str:
    """Return the route's rule, in which ids are placeholders; `none` for an unknown address."""
    return request.url_rule.rule if request.url_rule else "none"


def page() -> Response:
    """Answer with every metric of this process, or of all workers that share a directory."""
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
