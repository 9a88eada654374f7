"""Logs as JSON lines on stdout.  What is not on the list of keys is not written.

A log line is read by people who may read no client's record.  So the list names what may be said
(ids, routes, counts, times); the rest is dropped, and only its key is noted under `withheld`.
Errors are written as their type and the places in our code, never with their message: what a
database error says quotes the row.
"""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final, Protocol
from uuid import UUID

import structlog

_EVERY_LINE = {"event", "level", "logger", "timestamp", "service", "process", "pid", "host", "port"}
_WHOSE = {  # ids, never names
    *("request_id", "trace_id", "actor_id", "clinic_id", "appointment_id", "device_id"),
    *("session_id", "message_id", "event_id", "subject", "sequence", "channel"),
}
_WHAT = {
    *("route", "method", "status", "event_type", "handler", "job", "queue", "state", "kind"),
    *("type", "count", "batch", "published", "deleted", "kept", "attempt", "attempts"),
    *("connections", "duration_ms", "waited_s", "retry_in_s", "lag_s"),
}
_WRONG = {"error", "where", "reason", "withheld"}
ALLOWED: Final = frozenset(_EVERY_LINE | _WHOSE | _WHAT | _WRONG)
TRUSTED_LOGGERS: Final = ("gunicorn.error", "pika", "shared", "services", "needlepoint")
_LEVELS: Final = {"": "INFO", "gunicorn.error": "INFO", "pika": "CRITICAL"}
_MOST = 300  # characters of one value
# Clients' links and calendars: who knows the address may act.  The gateway leaves them out as well.
_SECRET_ADDRESS = re.compile(r"(/(?:visit|links|calendars)/)[^/?\s'\"]+")
_PLAIN = (int, float, bool, UUID, type(None))
_EventDict = MutableMapping[str, Any]


class Somebody(Protocol):
    """Whoever has an id."""

    @property
    def id(self) -> UUID:
        """Return the id that may be logged."""


class Stdout(logging.StreamHandler[Any]):
    """Writes to whatever stdout is now, not to what it was when logging was set up."""

    def __init__(self) -> None:
        """Without a stream of its own."""
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        """Return today's stdout."""
        return sys.stdout


_REPLACED = (Stdout, logging.StreamHandler)  # our own, and gunicorn's; not what inherits from them


def configure(service: str, process: str) -> None:
    """Write this process's log lines, gunicorn's and libraries' too, as JSON with their origin.

    Handlers of others (a test's) stay; to call it again changes only the origin.
    """
    stdout = Stdout()
    stdout.setFormatter(formatter())
    for name, level in _LEVELS.items():
        ours = logging.getLogger(name)
        ours.handlers = [each for each in ours.handlers if type(each) not in _REPLACED]
        ours.addHandler(stdout)
        ours.setLevel(level)
        ours.propagate = False
    # Its lines hold whole addresses; log_request says the same by route.
    logging.getLogger("gunicorn.access").disabled = True
    _origin.update(service=service, process=process)


def formatter() -> logging.Formatter:
    """Return what turns a record into one JSON line."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_context(), _silence_strangers],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            name_error,
            withhold,
            structlog.processors.JSONRenderer(),
        ],
    )


def logger(name: str) -> Any:
    """Return a logger, for lines such as `.info("outbox published", count=12)`."""
    return structlog.stdlib.get_logger(name)


def bind(**facts: Any) -> None:
    """Begin a request or a message: forget the last one's facts, put these on each line."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**facts)


def log_request(
    method: str, route: str, status: int, seconds: float, actor: Somebody | None
) -> None:
    """Write one line for an answered request."""
    logger("needlepoint.http").info(
        "request answered",
        method=method,
        route=route,
        status=status,
        duration_ms=round(seconds * 1000, 1),
        actor_id=actor.id if actor else None,
    )


def log_fault(error: BaseException, **facts: Any) -> None:
    """Write that something of ours failed: the error's type and where, not what it said."""
    logger("needlepoint.fault").error("fault", exc_info=error, **facts)


def withhold(_logger: Any, _method: str, line: _EventDict) -> _EventDict:
    """Keep what is on the list, cut to size; note the keys of the rest."""
    kept = {name: _short(value) for name, value in line.items() if name in ALLOWED}
    if dropped := sorted(str(name)[:50] for name in line if name not in ALLOWED):
        kept["withheld"] = dropped[:20]
    return kept


_origin: dict[str, str] = {}


def _context() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        _add_origin,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _add_origin(_logger: Any, _method: str, line: _EventDict) -> _EventDict:
    return {**_origin, **line}


def _silence_strangers(_logger: Any, _method: str, line: _EventDict) -> _EventDict:
    """Keep the text of loggers we know; a library's message may quote what it worked on."""
    if not str(line.get("logger", "")).startswith(TRUSTED_LOGGERS):
        line["event"] = "a library's message, withheld"
    else:  # gunicorn names the address that broke it or that it could not read
        line["event"] = _SECRET_ADDRESS.sub(r"\1-", str(line.get("event", "")))
    return line


def name_error(_logger: Any, _method: str, line: _EventDict) -> _EventDict:
    """Replace an exception by its type and the places it passed."""
    found = line.pop("exc_info", None)
    error = sys.exc_info()[1] if found is True else found
    error = error[1] if isinstance(error, tuple) else error
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-12:]
        line["error"] = type(error).__qualname__
        line["where"] = [f"{'/'.join(f.filename.split('/')[-3:])}:{f.lineno}" for f in frames]
    return line


def _short(value: Any) -> Any:
    if isinstance(value, _PLAIN):
        return str(value) if isinstance(value, UUID) else value
    if isinstance(value, list):
        return [_short(each) for each in value[:20]]
    return str(value)[:_MOST]


# Configured at import, so that no process ever logs by structlog's own habit of printing locals.
structlog.configure(
    processors=[
        *_context(),
        name_error,
        withhold,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    wrapper_class=structlog.stdlib.BoundLogger,
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=False,
)
