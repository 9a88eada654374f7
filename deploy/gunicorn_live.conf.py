"""gunicorn for server-sent events: one process, a greenlet a stream, no wait blocks the others."""

import os
from typing import Any

bind = f"{os.environ.get('BIND_HOST', '127.0.0.1')}:{os.environ['PORT']}"
worker_class = "gevent"
workers = 1
worker_connections = 500
timeout = 30
graceful_timeout = 5  # streams end by themselves when told to stop
keepalive = 5
preload_app = False
worker_tmp_dir = "/dev/shm"  # noqa: S108  # the heartbeat file; a disk may stall it
control_socket_disable = True
# By default gunicorn believes a SCRIPT_NAME header from loopback, where our gateway is: with it
# anybody could make /v1/metrics, which the gateway lets in, into /metrics, which it does not.
forwarder_headers = ""
accesslog = None  # a stream's address holds a ticket
errorlog = "-"
loglevel = "warning"


def post_fork(_server: Any, _worker: Any) -> None:
    """Let psycopg2 yield to other greenlets while it waits."""
    from psycopg2 import extensions  # noqa: PLC0415  # gevent has patched by now

    extensions.set_wait_callback(_wait)


def _wait(connection: Any, timeout: float | None = None) -> None:
    """Wait for the database as psycopg2's manual shows for coroutine libraries."""
    from gevent.socket import wait_read, wait_write  # noqa: PLC0415  # as above
    from psycopg2 import OperationalError, extensions  # noqa: PLC0415  # as above

    while (state := connection.poll()) != extensions.POLL_OK:
        if state == extensions.POLL_READ:
            wait_read(connection.fileno(), timeout=timeout)
        elif state == extensions.POLL_WRITE:
            wait_write(connection.fileno(), timeout=timeout)
        else:
            raise OperationalError(f"The database connection is in an unknown state: {state}")
