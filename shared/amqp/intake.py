"""Raw messages of many queues in lanes: each lane is gathered and acknowledged on its own channel.

For what is no event of ours, such as devices' messages: the queues exist already, nothing is
declared here.  One connection, one thread; callbacks only append to lists.  Nothing is published
on it: a broker short of memory stops reading from who publishes, acknowledgements included.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Self

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.spec import Basic, BasicProperties

from shared import process
from shared.amqp import link
from shared.amqp.subscription import Delivery, QueueGone

LOST = (*link.LOST, QueueGone)  # connect again, and everything is delivered again
MOST_BYTES = 4 * 1024 * 1024  # of one transaction: others wait for its locks
_TURNS = 20  # looks at the socket while a lane still fills


def portion(waiting: deque[Delivery], most: int) -> list[Delivery]:
    """Take the oldest of those that wait: `most` at most, and none after MOST_BYTES."""
    taken: list[Delivery] = []
    size = 0
    while waiting and len(taken) < most and size < MOST_BYTES:
        taken.append(waiting.popleft())
        size += len(taken[-1].body)
    return taken


class Intake:
    """Deliveries by lane."""

    def __init__(
        self,
        parameters: pika.URLParameters,
        lanes: Mapping[str, Sequence[str]],
        *,
        prefetch: int,
    ) -> None:
        """Connect and consume.  `lanes` names the queues of each; `prefetch` holds for each queue.

        Raises one of LOST, also when a queue does not exist.
        """
        self._gone: str | None = None
        self._queues = lanes
        self._waiting: dict[str, deque[Delivery]] = {lane: deque() for lane in lanes}
        with process.deadline(link.DECLARE_S):
            self._connection = pika.BlockingConnection(parameters)
            self._channels = {
                lane: self._consume(lane, queues, prefetch) for lane, queues in lanes.items()
            }

    def __enter__(self) -> Self:
        """Return ourselves."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close; what was not acknowledged is delivered again."""
        if self._connection.is_open:
            self._connection.close()

    def wait(self, seconds: float) -> None:
        """Let deliveries come in, waiting for the first of them.  Raises one of LOST."""
        self._turn(0 if any(self._waiting.values()) else seconds)
        for _ in range(_TURNS):
            before = sum(map(len, self._waiting.values()))
            self._turn(0)
            if sum(map(len, self._waiting.values())) == before:
                return

    def breathe(self, seconds: float = 0) -> None:
        """Answer heartbeats while something else takes long."""
        self._turn(seconds)

    def take(self, lane: str, most: int) -> list[Delivery]:
        """Return up to `most` deliveries of a lane, oldest first."""
        return portion(self._waiting[lane], most)

    def acknowledge_through(self, lane: str, delivery: Delivery) -> None:
        """Acknowledge this delivery and every one before it in its lane."""
        self._channels[lane].basic_ack(delivery.tag, multiple=True)

    def acknowledge(self, lane: str, delivery: Delivery) -> None:
        """Acknowledge this delivery alone."""
        self._channels[lane].basic_ack(delivery.tag)

    def waiting(self, lane: str) -> int:
        """Return how many deliveries of a lane have come and were not taken."""
        return len(self._waiting[lane])

    def ready(self, lane: str) -> int:
        """Return how many messages of a lane the broker still keeps.  Raises one of LOST."""
        channel = self._channels[lane]
        with process.deadline(link.DECLARE_S):
            asked = [channel.queue_declare(each, passive=True) for each in self._queues[lane]]
        self._turn(0)  # what was on its way to us is here now
        return sum(each.method.message_count for each in asked)

    def _consume(self, lane: str, queues: Sequence[str], prefetch: int) -> BlockingChannel:
        channel = self._connection.channel()
        channel.basic_qos(prefetch_count=prefetch)
        channel.add_on_cancel_callback(self._on_cancel)
        waiting = self._waiting[lane]

        def on_message(
            _channel: BlockingChannel, method: Basic.Deliver, head: BasicProperties, body: bytes
        ) -> None:
            returned = head.headers.get("x-delivery-count", 0) if head.headers else 0
            waiting.append(Delivery(method.delivery_tag, body, returned, method.routing_key))

        for queue in queues:
            channel.basic_consume(queue, on_message)
        return channel

    def _turn(self, seconds: float) -> None:
        self._connection.process_data_events(time_limit=seconds)
        if self._gone:
            raise QueueGone(self._gone)
        if not all(channel.is_open for channel in self._channels.values()):
            raise QueueGone("The broker closed a channel.")

    def _on_cancel(self, _frame: Any) -> None:
        self._gone = "The broker ended a subscription: a queue is gone."
