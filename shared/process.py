"""What every background process does: stop politely, show that it lives, offer figures."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from shared import logging, settings

_ALIVE_EVERY_S = 1.0


class Process:
    """A worker, relay or timer between its start and SIGTERM."""

    def __init__(self, alive_file: Path | None = None) -> None:
        """`alive_file` is touched while the process does its work; None touches nothing."""
        self._stop = threading.Event()
        self._alive_file = alive_file
        self._touched = float("-inf")

    @property
    def stopping(self) -> bool:
        """Say whether somebody asked us to end."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask the process to end after the transaction that it is in."""
        self._stop.set()

    def wait(self, seconds: float) -> None:
        """Sleep, but wake up for SIGTERM."""
        self._stop.wait(seconds)

    def alive(self) -> None:
        """Say that work goes on: called in each turn of the main loop, never while reconnecting."""
        now = time.monotonic()
        if self._alive_file and now - self._touched >= _ALIVE_EVERY_S:
            self._alive_file.touch()
            self._touched = now


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the main thread when the block takes longer.

    For calls without a time limit of their own: a broker that never answers a declaration would
    otherwise hold a process for ever, deaf to SIGTERM.
    """

    def expire(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError("The other side does not answer.")

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def begin(service: str, kind: str) -> Process:
    """Set up logs, signals, METRICS_PORT and ALIVE_FILE for the process `<service>-<kind>`."""
    logging.configure(service, kind)
    alive_file = settings.text("ALIVE_FILE", "")
    process = Process(Path(alive_file) if alive_file else None)

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        process.stop()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    if port := settings.number("METRICS_PORT", 0):
        from prometheus_client import start_http_server  # noqa: PLC0415 # memory, only when asked

        start_http_server(port, addr=settings.text("METRICS_ADDRESS", "127.0.0.1"))
    return process
