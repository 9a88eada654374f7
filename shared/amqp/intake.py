"""Raw messages of many queues in lanes: each lane is gathered and acknowledged on its own channel.

For what is no event of ours, such as devices' messages: the queues exist already, nothing is
declared here.  One connection, one thread; callbacks only append to lists.  Nothing is published
on it: a broker short of memory stops reading from who publishes, acknowledgements included.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Self

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.spec import Basic, BasicProperties

from shared import process
from shared.amqp import link
from shared.amqp.subscription import Delivery, QueueGone, returned
from shared.amqp.waiting import Waiting

LOST = (*link.LOST, QueueGone)  # connect again, and everything is delivered again
MOST_HELD = 64 * 1024 * 1024  # bytes in memory; then nothing more is read until some is taken
_TURNS = 20  # looks at the socket while a lane still fills


class Intake:
    """Deliveries by lane."""

    def __init__(
        self,
        parameters: pika.URLParameters,
        lanes: Mapping[str, Sequence[str]],
        *,
        prefetch: int,
        of_one: int | None = None,
    ) -> None:
        """Connect and consume.  `lanes` names the queues of each; `prefetch` holds for each queue.

        Of one sender at most `of_one` messages are taken at once.

        Raises one of LOST, also when a queue does not exist.
        """
        self._gone: str | None = None
        self._full_until = 0.0
        self._queues = lanes
        self._waiting = {lane: Waiting(of_one) for lane in lanes}
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
        for turn in range(_TURNS):
            before = sum(map(len, self._waiting.values()))
            if self._is_full():
                return
            self._turn(0 if before else seconds)
            if turn and sum(map(len, self._waiting.values())) == before:
                return

    def breathe(self, seconds: float = 0) -> None:
        """Answer heartbeats while something else takes long; comes back earlier when much comes."""
        if self._is_full():
            time.sleep(min(seconds, 1))  # then we read, for the broker's heartbeats
        else:
            self._turn(seconds)

    def news(self, lane: str) -> list[Delivery]:
        """Return the deliveries of a lane that have come since the last call."""
        return self._waiting[lane].news()

    def waiting(self, lane: str) -> int:
        """Return how many deliveries of a lane have come and were not taken."""
        return len(self._waiting[lane])

    def prefer(self, lane: str, first: Mapping[str, int]) -> None:
        """Let some senders go before others, each up to the delivery with a tag."""
        self._waiting[lane].prefer(first)

    def take(self, lane: str, most: int) -> list[Delivery]:
        """Return up to `most` deliveries of a lane, those of each sender oldest first."""
        return self._waiting[lane].take(most)

    def acknowledge_all(self, lane: str, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge deliveries when nothing else that was taken from their lane is open."""
        through, above = self._waiting[lane].settled(deliveries)
        if through:
            self._channels[lane].basic_ack(through, multiple=True)
        for tag in above:
            self._channels[lane].basic_ack(tag)

    def acknowledge(self, lane: str, delivery: Delivery) -> None:
        """Acknowledge this delivery alone."""
        self._channels[lane].basic_ack(delivery.tag)

    def oldest(self, lane: str) -> int | None:
        """Return the lowest tag that has come and was not taken; None when there is none."""
        return self._waiting[lane].oldest

    def newest(self, lane: str) -> int:
        """Return the highest tag that has come; the broker gives its next message the next one."""
        return self._waiting[lane].newest

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
            times = returned(head.headers) or int(method.redelivered)
            waiting.add(Delivery(method.delivery_tag, body, times, method.routing_key))

        for queue in queues:
            channel.basic_consume(queue, on_message)
        return channel

    def _is_full(self) -> bool:
        """Say whether to read nothing now; once a second we do, for the broker's heartbeats."""
        if sum(lane.bytes for lane in self._waiting.values()) < MOST_HELD:
            return False
        now_s = time.monotonic()
        if now_s < self._full_until:
            return True
        self._full_until = now_s + 1
        return False

    def _turn(self, seconds: float) -> None:
        self._connection.process_data_events(time_limit=seconds)
        if self._gone:
            raise QueueGone(self._gone)
        if not all(channel.is_open for channel in self._channels.values()):
            raise QueueGone("The broker closed a channel.")

    def _on_cancel(self, _frame: Any) -> None:
        self._gone = "The broker ended a subscription: a queue is gone."
