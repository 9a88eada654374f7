"""A pen's side of the wire: connect, say status, send what waits until it is acknowledged, obey.

Nothing here blocks but writing to the store.  `turn` is called again and again, by a loop of one's
own or by `deploy.devicekit.loop` for many pens in one thread.
"""

import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from deploy.devicekit import wire
from deploy.devicekit.https import Post
from deploy.devicekit.identity import Identity, Unsafe
from deploy.devicekit.mqtt import Acknowledged, Granted, Hello, Link, Lost, Message, Packet, Welcome
from deploy.devicekit.store import Full, Key, Memory, Store, count_start
from deploy.devicekit.wire import Batch

__all__ = ["Identity", "Pen", "Unsafe"]

STATUS_EVERY_S = 30.0
KEEPALIVE_S = 30
WINDOW = 20  # messages under way at most
UNANSWERED_S = 60.0  # a message not acknowledged for so long: connect anew and send it again
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 120.0
HTTPS_AFTER = 3  # failures in a row to connect, then batches go over HTTPS until that works again
REMEMBERED_COMMANDS = 100
STORAGE_FULL = "storage_full"  # the code of the fault that a pen reports when it cannot keep more


class Pen:
    """One pen.  `on_command` is called with each new command and answers by what it does."""

    def __init__(
        self,
        identity: Identity,
        *,
        store: Store | None = None,
        encoding: str = "binary",
        on_command: Callable[[dict[str, Any]], None] = lambda _command: None,
        status: Callable[[], dict[str, Any]] = dict,
        boot_id: int | None = None,
        rng: random.Random | None = None,
    ) -> None:
        """Connect nothing yet.  `status` returns the facts of the half-minute status beside time.

        The store counts the device's starts: a `boot_id` is given only where somebody else does.
        Raises Unsafe for a host elsewhere without TLS.
        """
        if not identity.is_safe:
            raise Unsafe("Give a CA file: outside this machine a pen speaks TLS.")
        self.identity = identity
        self.store: Store = Memory() if store is None else store
        self.boot_id = count_start(self.store) if boot_id is None else boot_id
        self.connected = False
        self.refused = 0  # times that the platform did not let us in
        self.lost_samples = 0  # taken while the store was full: their numbers stay a gap
        self._encode = wire.ENCODINGS[encoding]
        self._on_command = on_command
        self._status = status
        self._rng = rng or random.Random()  # noqa: S311 # jitter is no secret
        self._tls = identity.tls()
        self._link: Link | None = None
        self._post: tuple[Key, Post] | None = None
        self._under_way: dict[int, Key] = {}
        self._answered: list[str] = json.loads(self.store.kept("commands") or b"[]")
        self._sample_seq = 0
        self._event_seq = 0
        self._attempts = self._connections = 0
        self._connect_at = self._post_at = self._status_at = self._answer_by = 0.0
        self._wanted = True

    def measure(
        self,
        columns: Sequence[Sequence[int]],
        *,
        t0: datetime,
        uptime_ms: int,
        session_id: UUID | None = None,
        cartridge_serial: str | None = None,
    ) -> Batch:
        """Freeze samples as a batch with the next numbers and keep it; see `record`."""
        batch = Batch(
            boot_id=self.boot_id,
            seq=self._sample_seq,
            t0=t0,
            uptime_ms=uptime_ms,
            columns=columns,
            session_id=session_id,
            cartridge_serial=cartridge_serial,
        )
        self.record(batch)
        return batch

    def record(self, batch: Batch) -> bool:
        """Freeze a batch and keep it until it is acknowledged.

        False when the store is full: then the batch is lost, its numbers stay used, so that the
        platform shows the gap, and the pen reports the fault `storage_full`.
        """
        if batch.boot_id == self.boot_id:
            self._sample_seq = max(self._sample_seq, batch.seq + batch.n)
        try:
            self.store.put("readings", self._encode(batch))
        except Full:
            if not self.lost_samples:
                self.say("fault", datetime.now(UTC), code=STORAGE_FULL)
            self.lost_samples += batch.n
            return False
        return True

    def say(self, event: str, now: datetime, **facts: Any) -> bool:
        """Keep an event until it is acknowledged; it overtakes the readings that wait.

        False when there is no room even for an event.
        """
        said = {
            "v": 1,
            "boot_id": self.boot_id,
            "seq": self._event_seq + 1,
            "at": wire.rfc3339(now),
            "event": event,
        }
        try:
            self.store.put("events", json.dumps(said | facts).encode())
        except Full:
            return False
        self._event_seq += 1
        return True

    def switch(self, *, on: bool, politely: bool = True) -> None:
        """Go on line or off.  Impolitely the broker finds out and sends our last will."""
        self._wanted = on
        if on or self._link is None:
            return
        if politely and self.connected:
            self._link.publish(self.identity.topic("status"), self._off_line())
        self._link.close(politely=politely)
        self._forget_link()

    def socket(self) -> Any:
        """Return the connection's socket for a selector, None while there is none."""
        return self._link.socket if self._link else None

    def wants_to_write(self) -> bool:
        """Say whether bytes wait for the socket."""
        return self._link is not None and self._link.wants_to_write

    def turn(self, monotonic_s: float) -> None:
        """Do what is due: connect, read, write, say status, send what waits."""
        self._turn_to_https(monotonic_s)
        try:
            if self._link is None:
                if self._wanted and monotonic_s >= self._connect_at:
                    self._connect(monotonic_s)
                return
            for packet in self._link.turn(monotonic_s):
                self._take(packet, monotonic_s)
            if self.connected:
                self._speak(self._link, monotonic_s)
        except Lost:
            self._fail(monotonic_s)

    def _connect(self, monotonic_s: float) -> None:
        self._connections += 1
        hello = Hello(
            client_id=str(self.identity.device_id),
            secret=self.identity.secret,
            will_topic=self.identity.topic("status"),
            will=self._off_line(),
            keep_alive_s=KEEPALIVE_S,
        )
        address = (self.identity.host, self.identity.port)
        self._link = Link(address, hello, monotonic_s, self._tls)

    def _fail(self, monotonic_s: float) -> None:
        """Forget the connection and wait: longer each time, with full jitter."""
        if self._link:
            self._link.close(politely=False)
        self._forget_link()
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0**self._attempts)
        self._attempts = min(self._attempts + 1, 10)
        self._connect_at = monotonic_s + self._rng.uniform(0.05, longest)

    def _forget_link(self) -> None:
        self._link = None
        self.connected = False
        self._under_way.clear()  # unacknowledged: sent again, byte for byte

    def _take(self, packet: Packet, monotonic_s: float) -> None:
        match packet:
            case Welcome(code=0):
                self._begin(monotonic_s)
            case Welcome() | Granted(allowed=False):
                self.refused += 1
                raise Lost("The platform does not let us in.")
            case Granted():
                self._attempts = 0
            case Acknowledged(number=number):
                self._answer_by = monotonic_s + UNANSWERED_S
                if key := self._under_way.pop(number, None):
                    self.store.drop(key)
            case Message(body=body):
                self._obey(body)

    def _begin(self, monotonic_s: float) -> None:
        if self._link:
            self._link.subscribe(self.identity.topic("commands"))
        self.connected = True
        self._status_at = 0.0
        self._answer_by = monotonic_s + UNANSWERED_S

    def _obey(self, body: bytes) -> None:
        """Obey a command once, and answer it each time: the answer may have been lost.

        It is remembered after it was obeyed: who loses power in between obeys it once more, for
        the other order would answer a stop that never was.
        """
        try:
            command = json.loads(body)
            command_id = str(UUID(str(command["id"])))
        except (ValueError, KeyError, TypeError):
            return
        if command_id not in self._answered:
            self._on_command(command)
            self._answered = [*self._answered, command_id][-REMEMBERED_COMMANDS:]
            self.store.keep("commands", json.dumps(self._answered).encode())
        self.say("command_done", datetime.now(UTC), command_id=command_id)

    def _speak(self, link: Link, monotonic_s: float) -> None:
        """Say what is due and send what waits.  Raises Lost when nothing is answered any more."""
        if self._under_way and monotonic_s > self._answer_by:
            raise Lost("The broker does not acknowledge.")
        if monotonic_s >= self._status_at:
            self._status_at = monotonic_s + STATUS_EVERY_S
            link.publish(self.identity.topic("status"), json.dumps(self._full_status()).encode())
        free = WINDOW - len(self._under_way)
        if free <= 0 or len(self.store) == len(self._under_way):
            return
        if not self._under_way:
            self._answer_by = monotonic_s + UNANSWERED_S
        waiting = self.store.waiting(but=self._spoken_for())
        for key, what, body in list(islice(waiting, free)):
            self._under_way[link.publish(self.identity.topic(what), body)] = key

    def _turn_to_https(self, monotonic_s: float) -> None:
        """Send batches over HTTPS, one at a time, while MQTT does not get through."""
        if self._post:
            key, post = self._post
            if post.answer is None:
                return
            self._post = None
            if post.answer.taken:
                self.store.drop(key)
            else:
                wait_s = post.answer.wait_s or self._rng.uniform(FIRST_WAIT_S, LONGEST_WAIT_S)
                self._post_at = monotonic_s + wait_s
        url = self.identity.batches_url
        if url is None or self.connected or not self._wanted or monotonic_s < self._post_at:
            return
        if self._attempts < HTTPS_AFTER:
            return
        waiting = self.store.waiting()
        for key, body in ((key, body) for key, what, body in waiting if what == "readings"):
            account = (str(self.identity.device_id), self.identity.secret)
            self._post = (key, Post(url, *account, body, self.identity.https_ca_file))
            return

    def _spoken_for(self) -> set[Key]:
        posted = {self._post[0]} if self._post else set()
        return posted.union(self._under_way.values())

    def _full_status(self) -> dict[str, Any]:
        now = wire.rfc3339(datetime.now(UTC))
        return {
            "v": 1,
            "online": True,
            "at": now,
            "connection": self._connection,
            **self._status(),
        }

    def _off_line(self) -> bytes:
        """Return what is said when we go; of this connection, for a will may come late."""
        return json.dumps({"v": 1, "online": False, "connection": self._connection}).encode()

    @property
    def _connection(self) -> int:
        return self.boot_id * 2**20 + self._connections % 2**20
