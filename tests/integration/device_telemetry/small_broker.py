"""A broker that fits into a test: it lets pens in and keeps what they publish."""

import socket
import ssl
import struct
import threading
from contextlib import suppress

CONNACK, PUBACK = b"\x20\x02\x00", b"\x40\x02"


class SmallBroker:
    """Serves one connection after the other in a thread.  `acknowledge` may be switched off."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, acknowledge: bool = True) -> None:
        self.acknowledge = acknowledge
        self.hellos: list[bytes] = []
        self.published: list[tuple[str, bytes]] = []
        self._tls = tls
        self._server = socket.create_server(("127.0.0.1", 0))
        self._talking: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.getsockname()[1]

    def bodies(self, what: str) -> list[bytes]:
        return [body for topic, body in self.published if topic.endswith(f"/{what}")]

    def command(self, topic: str, body: bytes) -> None:
        name = topic.encode()
        packet = len(name).to_bytes(2, "big") + name + b"\x00\x07" + body
        assert len(packet) < 16384
        length = bytes([len(packet) & 0x7F | 0x80, len(packet) >> 7])
        self._talking.sendall(b"\x32" + length + packet)

    def cut(self) -> None:
        if self._talking:
            with suppress(OSError):  # the other side was quicker
                self._talking.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._server.accept()
            except OSError:
                return
            with plain:
                try:
                    self._talking = (
                        self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
                    )
                    with self._talking:
                        self._converse(self._talking)
                except OSError:
                    pass
                self._talking = None

    def _converse(self, talking: socket.socket) -> None:
        while packet := _packet(talking):
            kind, body = packet
            if kind & 0xF0 == 0x10:
                self.hellos.append(body)
                talking.sendall(CONNACK + b"\x00")
            elif kind & 0xF0 == 0x80:
                talking.sendall(b"\x90\x03" + body[:2] + b"\x01")
            elif kind & 0xF0 == 0x30:
                end = 2 + struct.unpack_from(">H", body)[0]
                self.published.append((body[2:end].decode(), body[end + 2 :]))
                if self.acknowledge:
                    talking.sendall(PUBACK + body[end : end + 2])


def _packet(talking: socket.socket) -> tuple[int, bytes] | None:
    first = talking.recv(1)
    if not first:
        return None
    length = shift = 0
    while True:
        digit = _exactly(talking, 1)[0]
        length |= (digit & 0x7F) << shift
        shift += 7
        if digit < 0x80:
            return first[0], _exactly(talking, length)


def _exactly(talking: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        some = talking.recv(length - len(found))
        if not some:
            raise ConnectionResetError
        found += some
    return found
