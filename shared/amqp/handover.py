"""Handing single messages to the broker from a process that mostly does something else.

A thread gets its answer only when the broker has stored the message or refused it.
"""

import atexit
import threading
from contextlib import suppress
from queue import Empty, LifoQueue

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.spec import BasicProperties

from shared.amqp import link
from shared.errors import Unavailable

CONFIRM_S = 5
PERSISTENT = 2


class BrokerGone(Unavailable):
    """The broker does not take the message now."""

    type = "broker-gone"
    title = "This cannot be taken now"


class Handover:
    """One connection for one thread at a time; opened at the first use, and again when it ended.

    Without heartbeats, because nobody answers them between two messages: a dead connection shows
    itself at the next message, which is then tried once more on a new one.
    """

    def __init__(self, urls: str, name: str) -> None:
        """Open nothing yet.  `name` is shown in the broker's list of connections."""
        self._urls = urls
        self._name = name
        self._lock = threading.Lock()
        self._channel: BlockingChannel | None = None
        self._attempt = 0
        atexit.register(self.close)

    def give(self, exchange: str, routing_key: str, body: bytes) -> None:
        """Publish, and return once the broker has stored it.  Raises BrokerGone (503)."""
        refusal = BrokerGone("The platform cannot take this now. Send it again.", retry_after_s=5)
        if not self._lock.acquire(timeout=CONFIRM_S):
            raise refusal
        try:
            for last_try in (False, True):
                try:
                    self._publish(exchange, routing_key, body)
                except link.LOST as wrong:
                    self._drop()
                    if last_try:
                        raise refusal from wrong
                else:
                    return
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._drop()

    def _publish(self, exchange: str, routing_key: str, body: bytes) -> None:
        channel = self._channel or self._open()
        properties = BasicProperties(delivery_mode=PERSISTENT)
        channel.basic_publish(exchange, routing_key, body, properties, mandatory=True)

    def _open(self) -> BlockingChannel:
        parameters = link.parameters(self._urls, self._name, self._attempt)
        parameters.heartbeat = 0
        parameters.blocked_connection_timeout = CONFIRM_S
        parameters.tcp_options = {"TCP_KEEPIDLE": 20, "TCP_USER_TIMEOUT": CONFIRM_S * 1000}
        self._attempt += 1
        channel = pika.BlockingConnection(parameters).channel()
        channel.confirm_delivery()
        self._channel = channel
        return channel

    def _drop(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None and channel.connection.is_open:
            with suppress(*link.LOST):  # it ends either way
                channel.connection.close()


class Handovers:
    """A few hand-overs side by side: while one waits for its confirm, another begins.

    Whoever finds all busy is told so: a broker that is away must not hold every thread.
    """

    def __init__(self, urls: str, name: str, most: int) -> None:
        """Open nothing yet."""
        self._free: LifoQueue[Handover] = LifoQueue()
        for _ in range(most):
            self._free.put(Handover(urls, name))

    def give(self, exchange: str, routing_key: str, body: bytes, *, wait_s: float = 1.0) -> None:
        """Publish, and return once the broker has stored it.  Raises BrokerGone (503)."""
        try:
            mine = self._free.get(timeout=wait_s)
        except Empty:
            raise BrokerGone("Too much arrives at once. Send it again.", retry_after_s=2) from None
        try:
            mine.give(exchange, routing_key, body)
        finally:
            self._free.put(mine)
