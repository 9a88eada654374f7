"""gunicorn for the services' APIs: threads, nothing opened before the fork.

A gateway that buffers whole requests always stands in front: slow clients must not hold threads.
One worker a process: the container or supervisor adds processes, and metrics stay in one place.
"""

import gc
import os

bind = f"{os.environ.get('BIND_HOST', '127.0.0.1')}:{os.environ['PORT']}"
worker_class = "gthread"
workers = 1
threads = 8  # and as many database connections, shared.http.transactions
timeout = 30
graceful_timeout = 20
# RabbitMQ opens a connection for each question that finds the others busy, and keeps it: when
# thousands of devices come back at once these fill the worker, which then takes no more for long.
keepalive = 0 if os.environ.get("SERVICE") == "device_telemetry" else 5
preload_app = False
worker_tmp_dir = "/dev/shm"  # noqa: S108  # the heartbeat file; a disk may stall it
control_socket_disable = True
# By default gunicorn believes a SCRIPT_NAME header from loopback, where our gateway is: with it
# anybody could make /v1/metrics, which the gateway lets in, into /metrics, which it does not.
forwarder_headers = ""
accesslog = None  # the application logs each request itself, without addresses or queries
errorlog = "-"
loglevel = "warning"


def post_worker_init(_worker: object) -> None:
    """Let Python look for cycles less often: a month of free times makes objects by the thousand.

    What stands when the application is loaded stays for good and is never looked at again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
