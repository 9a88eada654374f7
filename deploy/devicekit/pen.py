"""A pen's side of the wire: connect, say status, send what waits until it is acknowledged, obey.

Nothing here blocks but the TCP connect.  `turn` is called again and again, by a loop of one's own
or by `deploy.devicekit.loop` for many pens in one thread.
"""

import ipaddress
import json
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from deploy.devicekit import wire
from deploy.devicekit.store import Key, Memory, Store
from deploy.devicekit.wire import Batch

STATUS_EVERY_S = 30.0
KEEPALIVE_S = 30
WINDOW = 20  # messages under way at most
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 120.0
CONNECT_S = 5.0
REMEMBERED_COMMANDS = 100


@dataclass(frozen=True, slots=True)
class Identity:
    """Where the platform is, and who the pen.  `ca_file` turns on TLS; loopback may do without."""

    host: str
    port: int
    device_id: UUID
    clinic_id: UUID
    secret: str
    ca_file: str | None = None

    def topic(self, what: str) -> str:
        """Return one of the pen's own topics."""
        return f"pens/{self.clinic_id}/{self.device_id}/{what}"

    @property
    def is_safe(self) -> bool:
        """Say whether the secret would travel encrypted, or not leave this machine."""
        if self.ca_file or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


class Unsafe(RuntimeError):
    """The secret would travel in the clear."""


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
        boot_id: int = 1,
        rng: random.Random | None = None,
    ) -> None:
        """Connect nothing yet.  `status` returns the facts of the half-minute status beside time.

        Raises Unsafe for a host elsewhere without TLS.
        """
        if not identity.is_safe:
            raise Unsafe("Give a CA file: outside this machine a pen speaks TLS.")
        self.identity = identity
        self.store: Store = Memory() if store is None else store
        self.boot_id = boot_id
        self.connected = False
        self.refused = 0  # times that the platform did not let us in
        self._encode = wire.ENCODINGS[encoding]
        self._on_command = on_command
        self._status = status
        self._rng = rng or random.Random()  # noqa: S311 # jitter is no secret
        self._client: paho.Client | None = None
        self._under_way: dict[int, Key] = {}
        self._answered: list[str] = []
        self._event_seq = 0
        self._attempts = 0
        self._connect_at = 0.0
        self._status_at = 0.0
        self._wanted = True

    def record(self, batch: Batch) -> None:
        """Freeze a batch and keep it until it is acknowledged."""
        self.store.put("readings", self._encode(batch))

    def say(self, event: str, now: datetime, **facts: Any) -> None:
        """Keep an event until it is acknowledged; it overtakes the readings that wait."""
        self._event_seq += 1
        said = {
            "v": 1,
            "boot_id": self.boot_id,
            "seq": self._event_seq,
            "at": wire.rfc3339(now),
            "event": event,
        }
        self.store.put("events", json.dumps(said | facts).encode())

    def switch(self, *, on: bool, politely: bool = True) -> None:
        """Go on line or off.  Impolitely the broker finds out and sends our last will."""
        self._wanted = on
        if on or self._client is None:
            return
        client = self._client
        if politely:
            self._publish_status({"v": 1, "online": False})
            client.loop_write()
            client.disconnect()
            client.loop_write()
        elif (connection := self.socket()) is not None:
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._lose()

    def socket(self) -> Any:
        """Return the connection's socket for a select, None while there is none."""
        return self._client.socket() if self._client else None

    def wants_to_write(self) -> bool:
        """Say whether bytes wait for the socket."""
        return self._client is not None and self._client.want_write()

    def turn(self, monotonic_s: float) -> None:
        """Do what is due: connect, read, write, say status, send what waits."""
        if self._client is None:
            if self._wanted and monotonic_s >= self._connect_at:
                self._connect(monotonic_s)
            return
        client = self._client
        if client.loop_read() or client.loop_write() or client.loop_misc():
            self._fail(monotonic_s)
            return
        if not self.connected:
            return
        if monotonic_s >= self._status_at:
            self._status_at = monotonic_s + STATUS_EVERY_S
            self._publish_status(self._full_status())
        self._send_waiting()

    def _connect(self, monotonic_s: float) -> None:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=str(self.identity.device_id),
            protocol=paho.MQTTv311,
            clean_session=True,
        )
        client.username_pw_set(str(self.identity.device_id), self.identity.secret)
        client.will_set(self.identity.topic("status"), json.dumps({"v": 1, "online": False}), qos=1)
        if self.identity.ca_file:
            client.tls_set(self.identity.ca_file)
        client.connect_timeout = CONNECT_S
        client.on_connect = self._connected
        client.on_publish = self._acknowledged
        client.on_message = self._heard
        self._client = client
        try:
            failed = client.connect(self.identity.host, self.identity.port, KEEPALIVE_S)
        except OSError:
            self._fail(monotonic_s)
            return
        if failed:
            self._fail(monotonic_s)

    def _fail(self, monotonic_s: float) -> None:
        """Forget the connection and wait: longer each time, with full jitter."""
        self._lose()
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0**self._attempts)
        self._attempts = min(self._attempts + 1, 10)
        self._connect_at = monotonic_s + self._rng.uniform(0.05, longest)

    def _lose(self) -> None:
        self._client = None
        self.connected = False
        self._under_way.clear()  # unacknowledged: sent again, byte for byte

    def _connected(
        self, client: paho.Client, _data: object, _flags: object, reason: Any, _more: object
    ) -> None:
        if reason.is_failure:
            self.refused += 1
            return
        client.subscribe(self.identity.topic("commands"), qos=1)
        self.connected = True
        self._attempts = 0
        self._status_at = 0.0

    def _acknowledged(
        self, _client: object, _data: object, number: int, _reason: object, _more: object
    ) -> None:
        key = self._under_way.pop(number, None)
        if key is not None:
            self.store.drop(key)

    def _heard(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        """Obey a command once, and answer it each time: the answer may have been lost."""
        try:
            command = json.loads(message.payload)
            command_id = str(UUID(command["id"]))
        except (ValueError, KeyError, TypeError):
            return
        if command_id not in self._answered:
            self._answered = [*self._answered, command_id][-REMEMBERED_COMMANDS:]
            self._on_command(command)
        self.say("command_done", datetime.now(UTC), command_id=command_id)

    def _send_waiting(self) -> None:
        under_way = set(self._under_way.values())
        free = WINDOW - len(under_way)
        if free <= 0 or len(self.store) == len(under_way):
            return
        fresh = (each for each in self.store.waiting() if each[0] not in under_way)
        for key, what, body in islice(fresh, free):
            sent = self._client_or_fail().publish(self.identity.topic(what), body, qos=1)
            if sent.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                return
            self._under_way[sent.mid] = key

    def _publish_status(self, said: dict[str, Any]) -> None:
        self._client_or_fail().publish(self.identity.topic("status"), json.dumps(said), qos=1)

    def _full_status(self) -> dict[str, Any]:
        now = wire.rfc3339(datetime.now(UTC))
        return {"v": 1, "online": True, "at": now, **self._status()}

    def _client_or_fail(self) -> paho.Client:
        if self._client is None:
            raise RuntimeError("The pen is not connected.")
        return self._client
