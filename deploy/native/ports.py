"""Loopback ports: which are free, and waiting until somebody answers on one."""

import random
import socket
import time

LOOPBACK = "127.0.0.1"
# Above those that `make demo` begins with, below what Linux and macOS lend to outgoing connections.
SERVERS = range(20_000, 32_768)


class NobodyAnswers(RuntimeError):
    """A server did not open its port in time."""


def is_free(port: int) -> bool:
    """Say whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def random_free(count: int) -> list[int]:
    """Return ports that were free a moment ago, all different.

    None is one that the system lends to outgoing connections: a server that was killed finds its
    port again, whoever connected to something else meanwhile.  None is one that a whole platform
    chose beside us and has not opened yet.
    """
    found: set[int] = set()
    while len(found) < count:
        port = random.choice(SERVERS)  # noqa: S311  # no secret
        if port not in found and is_free(port):
            found.add(port)
    return list(found)


def next_free(wanted: int, taken: set[int]) -> int:
    """Return the first port from `wanted` upwards that is free and not in `taken`."""
    return next(port for port in range(wanted, 65536) if port not in taken and is_free(port))


def answers(port: int) -> bool:
    """Say whether somebody accepts connections on this loopback port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def wait_for(port: int, what: str, *, seconds: float = 60) -> None:
    """Wait until the port answers.  Raises NobodyAnswers with the name of what was awaited."""
    deadline = time.monotonic() + seconds
    while not answers(port):
        if time.monotonic() > deadline:
            raise NobodyAnswers(f"{what} did not answer on port {port} within {seconds:.0f} s.")
        time.sleep(0.05)
