"""One queue, one connection, one thread: deliveries are gathered, and acknowledged together.

Callbacks only append to a list.  A queue that is deleted under us, and a channel or connection that
ends, raise: to return quietly would look healthy and consume nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.spec import Basic, BasicProperties

PREFETCH = 500
MOST_ASIDE = 100


class QueueGone(Exception):
    """The broker cancelled our consumer: the queue was deleted or its node left."""


class Delivery(NamedTuple):
    """One message and what is needed to acknowledge it."""

    tag: int
    body: bytes
    returned: int  # how often it was delivered before and not acknowledged
    routing_key: str


class Subscription:
    """Deliveries of one queue.  `declare` gets the channel first, for the queue and bindings."""

    def __init__(
        self,
        parameters: pika.URLParameters,
        queue: str,
        declare: Callable[[BlockingChannel], None],
        *,
        prefetch: int = PREFETCH,
    ) -> None:
        """Connect, declare, consume.  Raises pika.exceptions.AMQPError."""
        self._connection = pika.BlockingConnection(parameters)
        self._gathered: list[Delivery] = []
        self._cancelled = False
        self.channel: BlockingChannel = self._connection.channel()
        declare(self.channel)
        self.channel.basic_qos(prefetch_count=prefetch)
        self.channel.add_on_cancel_callback(self._on_cancel)
        self.channel.basic_consume(queue, self._on_message)

    def __enter__(self) -> Self:
        """Return ourselves."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close; what was not acknowledged is delivered again."""
        if self._connection.is_open:
            self._connection.close()

    def gather(self, wait_s: float) -> list[Delivery]:
        """Return what has come, waiting up to `wait_s` for it.  Raises QueueGone, AMQPError."""
        if not self._gathered:
            self._turn(wait_s)
        gathered, self._gathered = self._gathered, []
        return gathered

    def breathe(self, seconds: float = 0) -> None:
        """Answer heartbeats while something else takes long."""
        self._turn(seconds)

    def acknowledge_through(self, delivery: Delivery) -> None:
        """Acknowledge this delivery and every one before it."""
        self.channel.basic_ack(delivery.tag, multiple=True)

    @contextmanager
    def aside(self, queue: str) -> Iterator[Iterator[bytes]]:
        """Lend what lies in another queue, one by one; each is acknowledged when the next is asked.

        On a channel of its own: a common one would acknowledge these along with ours.
        """
        channel = self._connection.channel()
        try:
            yield _letters(channel, queue)
        finally:
            if channel.is_open:
                channel.close()  # returns the one that was not settled

    def _turn(self, seconds: float) -> None:
        self._connection.process_data_events(time_limit=seconds)
        if self._cancelled:
            raise QueueGone("The broker ended our subscription: the queue is gone.")
        if not self.channel.is_open:
            raise QueueGone("The broker closed our channel.")

    def _on_cancel(self, _frame: Any) -> None:
        self._cancelled = True

    def _on_message(
        self, _channel: BlockingChannel, method: Basic.Deliver, head: BasicProperties, body: bytes
    ) -> None:
        times = returned(head.headers)
        self._gathered.append(Delivery(method.delivery_tag, body, times, method.routing_key))


def returned(headers: Mapping[str, Any] | None) -> int:
    """Return how often the broker says that it delivered a message before.

    It counts in a number; words under that name are a device's own, by MQTT 5.
    """
    count = (headers or {}).get("x-delivery-count")
    return count if isinstance(count, int) else 0


def _letters(channel: BlockingChannel, queue: str) -> Iterator[bytes]:
    for _ in range(MOST_ASIDE):
        method, _head, body = channel.basic_get(queue)
        if method is None or body is None:
            return
        yield body
        channel.basic_ack(method.delivery_tag)
