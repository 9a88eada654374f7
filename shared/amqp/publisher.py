"""Publishing many messages at once and waiting for the broker's word on every one of them."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pika
from pika.channel import Channel
from pika.spec import Basic, BasicProperties

from shared.amqp import metrics
from shared.amqp.topology import EVENTS_EXCHANGE
from shared.amqp.wire import CONTENT_TYPE, Announcement, body

CONFIRM_S = 10.0
OPEN_S = 15.0
CLOSE_S, LINGER_S = 2.0, 0.02
PERSISTENT = 2


class NotConfirmed(Exception):
    """The broker did not answer for every message: they may be stored or lost, so none counts."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message that is no event; `id` names it in the answer."""

    id: str
    exchange: str
    routing_key: str
    body: bytes


class Publisher:
    """One connection in confirm mode.  Not for threads.

    `publish` returns only when the broker has answered for every message.  An ended connection or
    a silent broker raises NotConfirmed, because returning quietly there loses what was on its way.
    """

    def __init__(self, parameters: pika.URLParameters, *, confirm_s: float = CONFIRM_S) -> None:
        """Connect.  Raises NotConfirmed or the reason why the broker refused us."""
        self._confirm_s = confirm_s
        self._channel: Channel | None = None
        self._failure: BaseException | None = None
        self._ready = self._closed = False
        self._last_tag = 0
        self._unconfirmed: dict[int, str] = {}
        self._failed: dict[str, str] = {}
        self.blocked = self._woken = False
        self._connection = pika.SelectConnection(
            parameters,
            on_open_callback=self._on_open,
            on_open_error_callback=self._on_closed,
            on_close_callback=self._on_closed,
        )
        self._turn(OPEN_S, lambda: self._ready)
        if not self._ready:
            self.close()
            raise NotConfirmed("The broker did not open the connection.") from self._failure

    def publish(self, batch: Iterable[Announcement]) -> dict[str, str]:
        """Publish, wait, and return the ids that no queue took with the reason of each.

        Raises NotConfirmed.
        """
        self._failed = {}
        for announced in batch:
            self._send(announced)
        metrics.PUBLISHED.inc(len(self._unconfirmed))
        return self._await_answers()

    def say(self, batch: Iterable[Said]) -> None:
        """Publish what nobody may hear, and wait until the broker has all.  Raises NotConfirmed."""
        self._failed = {}
        for said in batch:
            properties = BasicProperties(delivery_mode=PERSISTENT, message_id=said.id)
            self._put(said.exchange, said.routing_key, said.body, properties, mandatory=False)
        if self._await_answers():
            raise NotConfirmed("The broker could not store a message.")

    def _await_answers(self) -> dict[str, str]:
        self._turn(self._confirm_s, lambda: not self._unconfirmed)
        if self._unconfirmed or self._failure:
            raise NotConfirmed(f"{len(self._unconfirmed)} messages are unanswered.")
        return self._failed

    def idle(self, seconds: float) -> None:
        """Answer heartbeats for a while, or until woken.  Raises NotConfirmed at its end."""
        self._turn(seconds, lambda: self._woken)
        self._woken = False
        if self._failure:
            raise NotConfirmed("The connection ended while idle.")

    def wake(self) -> None:
        """End `idle` early.  May be called by another thread."""

        def wake() -> None:
            self._woken = True
            self._look_up()

        self._connection.ioloop.add_callback_threadsafe(wake)

    def close(self) -> None:
        """Close politely, but not for long."""
        if self._connection.is_open:
            self._connection.close()
        loop = self._connection.ioloop
        deadline = time.monotonic() + CLOSE_S
        while not self._closed and time.monotonic() < deadline:
            loop.call_later(LINGER_S, loop.stop)
            loop.start()
        loop.call_later(LINGER_S, loop.stop)  # the socket is closed a turn after the farewell
        loop.start()
        loop.close()

    def _send(self, announced: Announcement) -> None:
        properties = BasicProperties(
            content_type=CONTENT_TYPE,
            delivery_mode=PERSISTENT,
            message_id=announced.id,
            type=announced.type,
        )
        self._put(EVENTS_EXCHANGE, announced.type, body(announced), properties, mandatory=True)

    def _put(
        self,
        exchange: str,
        key: str,
        content: bytes,
        properties: BasicProperties,
        *,
        mandatory: bool,
    ) -> None:
        if self._failure or self._channel is None:
            raise NotConfirmed("The connection ended.")
        self._last_tag += 1
        self._unconfirmed[self._last_tag] = properties.message_id
        self._channel.basic_publish(exchange, key, content, properties, mandatory=mandatory)

    def _turn(self, seconds: float, done: Callable[[], bool]) -> None:
        """Run the loop until `done`, an end of the connection, or the deadline."""
        loop = self._connection.ioloop
        deadline = time.monotonic() + seconds
        self._done = done
        while not done() and self._failure is None and (left := deadline - time.monotonic()) > 0:
            alarm = loop.call_later(left, loop.stop)
            loop.start()
            loop.remove_timeout(alarm)

    def _look_up(self) -> None:
        """Leave the loop when what we wait for has come."""
        if self._failure or self._done():
            self._connection.ioloop.stop()

    def _on_open(self, connection: pika.SelectConnection) -> None:
        metrics.BLOCKED.set(0)  # one that ended while it was blocked was never told better
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Channel) -> None:
        self._channel = channel
        channel.add_on_close_callback(self._on_end)
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_answer, self._on_confirming)

    def _on_confirming(self, _frame: Any) -> None:
        self._ready = True
        self._look_up()

    def _on_answer(self, frame: Any) -> None:
        """Settle one message, or all up to a tag."""
        method = frame.method
        tags = [method.delivery_tag]
        if method.multiple:
            tags = [tag for tag in self._unconfirmed if tag <= method.delivery_tag]
        settled = [self._unconfirmed.pop(tag) for tag in tags if tag in self._unconfirmed]
        if isinstance(method, Basic.Nack):
            self._failed.update(dict.fromkeys(settled, "The broker could not store the event."))
        if not self._unconfirmed:
            self._look_up()

    def _on_return(
        self, _channel: Channel, method: Basic.Return, head: BasicProperties, _body: bytes
    ) -> None:
        self._failed[head.message_id] = f"No queue takes the event: {method.reply_text}."

    def _on_blocked(self, *_frame: Any) -> None:
        self.blocked = True
        metrics.BLOCKED.set(1)

    def _on_unblocked(self, *_frame: Any) -> None:
        self.blocked = False
        metrics.BLOCKED.set(0)

    def _on_closed(self, which: Any, reason: BaseException | str) -> None:
        self._closed = True
        self._on_end(which, reason)

    def _on_end(self, _which: Any, reason: BaseException | str) -> None:
        self._failure = reason if isinstance(reason, BaseException) else NotConfirmed(str(reason))
        self._look_up()
