"""Celery, set for safety: late acknowledgement, publisher confirms, a quorum queue, no results."""

import os

from celery import Celery
from kombu import Queue

from tests.bench.peers import common

app = Celery("bench", broker=os.environ.get("AMQP_URL", ""))
app.conf.update(
    broker_transport_options={"confirm_publish": True},
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_default_queue="bench-celery",
    task_queues=[Queue("bench-celery", queue_arguments={"x-queue-type": "quorum"})],
    worker_prefetch_multiplier=16,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    task_serializer="json",
    accept_content=["json"],
)


@app.task(name="apply")
def apply(event):
    common.apply(event)


def publish(event):
    apply.apply_async((event,))
