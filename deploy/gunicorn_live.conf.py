"""gunicorn for server-sent events: one process, a greenlet a stream, no wait blocks the others."""

import os
from typing import Any

bind = f"{os.environ.get('BIND_HOST', '127.0.0.1')}:{os.environ['PORT']}"
worker_class = "gevent"
workers = 1
worker_connections = int(os.environ.get("LIVE_STREAMS", "500"))
timeout = 30
graceful_timeout = 5  # streams end by themselves when told to stop
keepalive = 5
preload_app = False
worker_tmp_dir = "/dev/shm"  # noqa: S108  # the heartbeat file; a disk may stall it
control_socket_disable = True
accesslog = None  # a stream's address holds a ticket
errorlog = "-"
loglevel = "warning"


def post_fork(_server: Any, _worker: Any) -> None:
    """Let psycopg2 yield to other greenlets while it waits."""
    from psycogreen.gevent import patch_psycopg  # noqa: PLC0415  # gevent has patched by now

    patch_psycopg()
