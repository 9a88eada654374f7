"""A network between us and the broker that can fail in the ways a network fails."""

import contextlib
import socket
import threading
from urllib.parse import urlsplit, urlunsplit


class Network:
    """Passes bytes both ways until it is told to fail."""

    def __init__(self, amqp_url):
        parts = urlsplit(amqp_url)
        self._broker = (parts.hostname, parts.port or 5672)
        self._door = socket.create_server(("127.0.0.1", 0))
        self._sockets = []
        self._threads = []
        self._swallow = self._cut_on_answer = False
        place = f"127.0.0.1:{self._door.getsockname()[1]}"
        who = f"{parts.username}:{parts.password}@{place}" if parts.username else place
        self.url = urlunsplit(("amqp", who, parts.path, "", ""))

    def __enter__(self):
        self._spawn(self._accept)
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self.cut()
        for thread in self._threads:
            thread.join(5)

    def swallow_answers(self, *, then_cut=False):
        """Let the broker's next bytes vanish, and with `then_cut` the connection with them."""
        self._swallow, self._cut_on_answer = True, then_cut

    def cut(self):
        for end in self._sockets:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _spawn(self, target, *args):
        self._threads.append(threading.Thread(target=target, args=args, daemon=True))
        self._threads[-1].start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                ours, _ = self._door.accept()
                theirs = socket.create_connection(self._broker)
                self._sockets += [ours, theirs]
                self._spawn(self._carry, ours, theirs, False)
                self._spawn(self._carry, theirs, ours, True)

    def _carry(self, source, target, answers):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if answers and self._cut_on_answer:
                    self.cut()
                elif not (answers and self._swallow):
                    target.sendall(data)
            target.shutdown(socket.SHUT_WR)
