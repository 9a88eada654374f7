"""Dramatiq, set for safety: publisher confirms and a quorum queue; acknowledges late by itself."""

import os

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker

from tests.bench.peers import common


class QuorumBroker(RabbitmqBroker):
    """Declares its queues as quorum queues, which Dramatiq leaves to the user."""

    def _build_queue_arguments(self, queue_name):
        return super()._build_queue_arguments(queue_name) | {"x-queue-type": "quorum"}


broker = QuorumBroker(url=os.environ.get("AMQP_URL", ""), confirm_delivery=True)
dramatiq.set_broker(broker)


@dramatiq.actor(queue_name="bench-dramatiq")
def apply(event):
    common.apply(event)


def publish(event):
    apply.send(event)
