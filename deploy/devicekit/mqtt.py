"""MQTT 3.1.1 as far as a pen needs it, over a socket that never blocks.

One `Link` is one connection, from its first packet to its last.  `turn` says what has come in and
raises `Lost` when it is over; a new connection is a new `Link`.  Only the look-up of a host's name
may block: give an address where that matters.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

CONNECT, CONNACK, PUBLISH, PUBACK = 0x10, 0x20, 0x30, 0x40
SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 0x82, 0x90, 0xC0, 0xD0, 0xE0
AT_LEAST_ONCE = 0x02  # the flags of a PUBLISH with QoS 1
CLEAN, WILL_QOS1, WITH_PASSWORD = 0x02, 0x0C, 0xC0  # the flags of a CONNECT
SHORT = 2**16 - 1
MOST_BYTES = 256 * 1024  # of a packet to us: commands are small
OPEN_WITHIN_S = 30.0  # in a storm of reconnections a broker takes its time
READ_BYTES = 65536
_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Lost(Exception):
    """The connection is over, or never came to be."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What a client says of itself when it connects.  Without a secret its certificate speaks."""

    client_id: str
    secret: str
    will_topic: str
    will: bytes
    keep_alive_s: int

    def packet(self) -> bytes:
        """Return the CONNECT packet: clean session, last will with QoS 1, nothing retained."""
        flags = CLEAN | WILL_QOS1 | (WITH_PASSWORD if self.secret else 0)
        words = [self.client_id.encode(), self.will_topic.encode(), self.will]
        if self.secret:
            words += [self.client_id.encode(), self.secret.encode()]
        head = _words([b"MQTT"]) + bytes([4, flags]) + self.keep_alive_s.to_bytes(2, "big")
        return _packet(CONNECT, head + _words(words))


@dataclass(frozen=True, slots=True)
class Welcome:
    """The broker's answer to our hello; every code but 0 is a refusal."""

    code: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The broker has what we published under this number."""

    number: int


@dataclass(frozen=True, slots=True)
class Granted:
    """The broker's answer to a subscription."""

    allowed: bool


@dataclass(frozen=True, slots=True)
class Message:
    """Something published to us; it is acknowledged when the next packet is asked for."""

    topic: str
    body: bytes


Packet = Welcome | Acknowledged | Granted | Message


class Link:
    """One connection.  Times are seconds of a steady clock."""

    def __init__(
        self,
        address: tuple[str, int],
        hello: Hello,
        now_s: float,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Begin to connect.  Raises Lost when that is refused at once."""
        self._keep_alive_s = float(hello.keep_alive_s)
        self._began_s = self._heard_s = self._said_s = self._knocked_s = now_s
        self._is_open = False
        self._number = 0
        self._in = bytearray()
        self._out = bytearray(hello.packet())
        self._host = address[0]
        self._tls = tls  # until the hands are shaken
        self._shake_writes = False
        self.socket: socket.socket = _begin(address)

    @property
    def wants_to_write(self) -> bool:
        """Say whether the socket is to be watched for room to write too."""
        if isinstance(self.socket, ssl.SSLSocket) and self._tls:
            return self._shake_writes
        return bool(self._out)

    def publish(self, topic: str, body: bytes) -> int:
        """Send a message with QoS 1 and return the number that its acknowledgement will carry."""
        self._number = self._number % SHORT + 1
        head = _words([topic.encode()]) + self._number.to_bytes(2, "big")
        self._out += _packet(PUBLISH | AT_LEAST_ONCE, head + body)
        return self._number

    def subscribe(self, topic: str) -> None:
        """Ask for the messages of a topic, with QoS 1."""
        self._number = self._number % SHORT + 1
        body = self._number.to_bytes(2, "big") + _words([topic.encode()]) + b"\x01"
        self._out += _packet(SUBSCRIBE, body)

    def turn(self, now_s: float) -> Iterator[Packet]:
        """Write what waits and yield what has come.  Raises Lost."""
        failure: OSError | None = None
        try:
            if self._is_secured():
                self._write(now_s)
                self._read(now_s)
        except _LATER:
            pass  # nothing more has come
        except OSError as error:
            failure = error
        yield from self._packets()  # what was said before the end counts
        if failure:
            raise Lost(str(failure)) from failure
        self._watch_the_clock(now_s)

    def close(self, *, politely: bool) -> None:
        """End the connection.  Impolitely the broker finds out and sends our last will."""
        if politely and self._is_open:
            self._out += _packet(DISCONNECT, b"")
            self.socket.settimeout(1.0)
            with suppress(OSError):  # then it finds out by itself
                self.socket.sendall(self._out)
                self.socket.shutdown(socket.SHUT_WR)
                while self.socket.recv(READ_BYTES):  # what is left unread would take it all back
                    pass
        self.socket.close()

    def __del__(self) -> None:
        """Leave no socket behind."""
        if hasattr(self, "socket"):
            self.socket.close()

    def _is_secured(self) -> bool:
        """Go on with the TLS handshake, if there is one; say whether bytes may flow."""
        if self._tls is None:
            return True
        if not isinstance(self.socket, ssl.SSLSocket):
            if failure := self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(failure, "The connection was refused.")
            try:
                self.socket.getpeername()
            except OSError:
                return False  # still on its way
            self.socket = self._tls.wrap_socket(
                self.socket, server_hostname=self._host, do_handshake_on_connect=False
            )
        self._shake_writes = False
        try:
            self.socket.do_handshake()
        except ssl.SSLWantWriteError:
            self._shake_writes = True
            return False
        self._tls = None
        return True

    def _write(self, now_s: float) -> None:
        """Send what there is room for; what there is none for must not keep us from reading."""
        try:
            while self._out:
                sent = self.socket.send(self._out)
                del self._out[:sent]
                self._said_s = now_s
        except _LATER:
            return

    def _read(self, now_s: float) -> None:
        while True:
            some = self.socket.recv(READ_BYTES)
            if not some:
                raise ConnectionResetError("The broker has closed the connection.")
            self._in += some
            self._heard_s = now_s

    def _packets(self) -> Iterator[Packet]:
        """Yield the whole packets that have arrived."""
        while found := _length(self._in):
            start, length = found
            if len(self._in) < start + length:
                return
            first, body = self._in[0], bytes(self._in[start : start + length])
            del self._in[: start + length]
            yield from self._understand(first, body)

    def _understand(self, first: int, body: bytes) -> Iterator[Packet]:
        kind = first & 0xF0
        if kind == CONNACK and len(body) == 2:  # noqa: PLR2004 # flags and code
            self._is_open = body[1] == 0
            yield Welcome(body[1])
        elif kind == PUBACK:
            yield Acknowledged(int.from_bytes(body[:2], "big"))
        elif kind == SUBACK:
            yield Granted(allowed=body[2:3] < b"\x80")
        elif kind == PUBLISH:
            end = 2 + int.from_bytes(body[:2], "big")
            has_number = bool(first & 0x06)
            yield Message(body[2:end].decode(errors="replace"), body[end + 2 * has_number :])
            if has_number:
                self._out += _packet(PUBACK, body[end : end + 2])
        elif kind != PINGRESP:
            raise Lost(f"A client does not expect packet {first:#04x}.")

    def _watch_the_clock(self, now_s: float) -> None:
        """Knock when it has been quiet, and give up on a broker that does not answer."""
        if not self._is_open:
            if now_s - self._began_s > OPEN_WITHIN_S:
                raise Lost("The broker did not let us in in time.")
            return
        if now_s - self._heard_s > 1.5 * self._keep_alive_s:
            raise Lost("The broker has fallen silent.")
        long_ago = now_s - self._keep_alive_s / 2
        if min(self._said_s, self._heard_s) < long_ago and self._knocked_s < long_ago:
            self._out += _packet(PINGREQ, b"")
            self._knocked_s = now_s


def _begin(address: tuple[str, int]) -> socket.socket:
    """Return a socket that is on its way to the first of a host's addresses that takes it."""
    host, port = address
    failure: OSError | None = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Lost(str(error)) from error
    for family, kind, protocol, _, place in found:
        plain = socket.socket(family, kind, protocol)
        plain.settimeout(0)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            plain.connect(place)
        except BlockingIOError:
            pass  # on its way
        except OSError as error:
            plain.close()
            failure = error
            continue
        return plain
    raise Lost(str(failure or "The host has no address.")) from failure


def _words(words: list[bytes]) -> bytes:
    return b"".join(len(word).to_bytes(2, "big") + word for word in words)


def _packet(first: int, body: bytes) -> bytes:
    left, length = len(body), bytearray()
    while True:
        left, digit = left >> 7, left & 0x7F
        length.append(digit | (0x80 if left else 0))
        if not left:
            return bytes([first]) + bytes(length) + body


def _length(found: bytearray) -> tuple[int, int] | None:
    """Return where a packet's body starts and how long it is, None while that is not known."""
    length = 0
    for place, digit in enumerate(found[1:5]):
        length |= (digit & 0x7F) << 7 * place
        if digit < 0x80:  # noqa: PLR2004 # the last digit has no high bit
            if length > MOST_BYTES:
                raise Lost("No command is that long.")
            return place + 2, length
    if len(found) > 4:  # noqa: PLR2004 # four digits at most
        raise Lost("These bytes are no MQTT.")
    return None
