"""How processes reach the broker, how long they wait before the next try, and when they give up."""

import random
from urllib.parse import urlsplit

import pika
from pika import exceptions
from pika.adapters.utils import connection_workflow

HEARTBEAT_S = 20
CONNECT_S = 5
DECLARE_S = 20.0  # for connecting and declaring together; pika waits for ever
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 5.0
# Connect again.  A handshake that takes too long raises what is no AMQPError.
LOST = (exceptions.AMQPError, connection_workflow.AMQPConnectorException, OSError)
NOT_FOUND, PRECONDITION_FAILED, ACCESS_REFUSED = 404, 406, 403


def parameters(urls: str, name: str, attempt: int = 0) -> pika.URLParameters:
    """Return how to reach one of the brokers in `urls` (separated by spaces), each try the next.

    `name` is shown in the broker's list of connections.
    """
    known = urls.split()
    chosen = pika.URLParameters(known[attempt % len(known)])
    chosen.heartbeat = HEARTBEAT_S
    chosen.socket_timeout = CONNECT_S
    chosen.stack_timeout = CONNECT_S
    chosen.blocked_connection_timeout = None  # blocked publishers wait: see publisher.py
    chosen.client_properties = {"connection_name": name}
    return chosen


def host(urls: str) -> str:
    """Return the broker's host and port for a log line, without the password."""
    first = urlsplit(urls.split(maxsplit=1)[0])
    return f"{first.hostname}:{first.port or 5672}"


class Backoff:
    """Waits that grow, with full jitter: a restarted broker is not met by everyone at once."""

    def __init__(self) -> None:
        """Begin without a failure."""
        self.failures = 0

    def succeed(self) -> None:
        """Forget the failures."""
        self.failures = 0

    def fail(self) -> float:
        """Return the seconds to wait before the next try."""
        self.failures += 1
        most = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(self.failures, 10))
        return random.uniform(FIRST_WAIT_S / 2, most)  # noqa: S311 # jitter is no secret


def is_setup_fault(error: BaseException) -> bool:
    """Say whether trying again is useless: wrong password, no permission, other arguments."""
    if isinstance(error, exceptions.AMQPConnectionError) and error.args:
        causes = [error, *(cause for cause in error.args if isinstance(cause, BaseException))]
    else:
        causes = [error]
    return any(
        isinstance(
            cause,
            (exceptions.ProbableAuthenticationError, exceptions.ProbableAccessDeniedError),
        )
        or getattr(cause, "reply_code", None) in {ACCESS_REFUSED, PRECONDITION_FAILED}
        for cause in causes
    )
