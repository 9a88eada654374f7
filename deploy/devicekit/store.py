"""What a pen keeps: messages until the platform has acknowledged them, and a few facts for ever.

In memory, or on disk.  Events are sent before readings; both oldest first.  A store has a limit:
what is kept is never given up for something newer, and events have room when readings have none.
"""

import os
import time
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Protocol

LANES = ("events", "readings")  # in the order in which they are sent
Key = tuple[int, int]  # lane, number
MOST_BYTES = 64 * 1024 * 1024
KEPT_FOR_EVENTS = 256 * 1024  # of those: readings leave them free


class Full(Exception):
    """There is no room for another message."""


class Store(Protocol):
    """Where frozen messages wait."""

    def put(self, what: str, body: bytes) -> None:
        """Keep a message for the topic `what`; it is safe when this returns.  Raises Full."""

    def waiting(self, but: Container[Key] = ()) -> Iterator[tuple[Key, str, bytes]]:
        """Yield key, topic and body of every message but some, in the order of sending.

        The store must not change meanwhile.
        """

    def drop(self, key: Key) -> None:
        """Forget what was acknowledged."""

    def keep(self, name: str, fact: bytes) -> None:
        """Keep a fact beside the messages, in place of an earlier one of that name, whole."""

    def kept(self, name: str) -> bytes | None:
        """Return a fact, None when there is none."""

    def __len__(self) -> int:
        """Return how many messages wait."""


def count_start(store: Store) -> int:
    """Count a start of the device and return its number: no number is ever given twice."""
    number = (int(store.kept("starts") or 0) + 1) % 2**32
    store.keep("starts", str(number).encode())
    return number


class _Lanes:
    """Which messages there are, and how many bytes they take."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = [0 for _ in LANES]
        self._lanes: list[dict[int, int]] = [{} for _ in LANES]

    def __len__(self) -> int:
        return sum(map(len, self._lanes))

    def __iter__(self) -> Iterator[Key]:
        return ((lane, number) for lane, found in enumerate(self._lanes) for number in found)

    def require_room(self, what: str, length: int) -> None:
        if what == "events":
            free = self._most_bytes - sum(self._bytes)
        else:
            free = self._most_bytes - KEPT_FOR_EVENTS - self._bytes[LANES.index(what)]
        if length > free:
            raise Full(f"{length} bytes are more than the {free} that are free.")

    def add(self, key: Key, length: int) -> None:
        lane, number = key
        self._lanes[lane][number] = length
        self._bytes[lane] += length

    def remove(self, key: Key) -> bool:
        lane, number = key
        length = self._lanes[lane].pop(number, None)
        self._bytes[lane] -= length or 0
        return length is not None


class Memory:
    """Keeps messages as long as the process lives.  Its starts are counted by the clock."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Begin empty."""
        self._lanes = _Lanes(most_bytes)
        self._bodies: dict[Key, bytes] = {}
        self._facts = {"starts": str(int(time.time())).encode()}
        self._next = 0

    def put(self, what: str, body: bytes) -> None:
        """Keep a message for the topic `what`.  Raises Full."""
        self._lanes.require_room(what, len(body))
        self._next += 1
        key = (LANES.index(what), self._next)
        self._bodies[key] = body
        self._lanes.add(key, len(body))

    def waiting(self, but: Container[Key] = ()) -> Iterator[tuple[Key, str, bytes]]:
        """Yield key, topic and body, events first, oldest first."""
        for key in self._lanes:
            if key not in but:
                yield key, LANES[key[0]], self._bodies[key]

    def drop(self, key: Key) -> None:
        """Forget what was acknowledged."""
        if self._lanes.remove(key):
            del self._bodies[key]

    def keep(self, name: str, fact: bytes) -> None:
        """Keep a fact."""
        self._facts[name] = fact

    def kept(self, name: str) -> bytes | None:
        """Return a fact, None when there is none."""
        return self._facts.get(name)

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._lanes)


class Disk:
    """Keeps each message in a file, written whole and synced before `put` returns.

    One process at a time.  Killed at any moment it leaves whole messages and perhaps a draft.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        """Take up what an earlier run left in `folder`."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._draft = folder / "draft"
        self._draft.unlink(missing_ok=True)
        self._lanes = _Lanes(most_bytes)
        self._next = 0
        for file in sorted(folder.glob("*.msg")):
            lane, number = map(int, file.stem.split("-"))
            self._lanes.add((lane, number), file.stat().st_size)
            self._next = max(self._next, number)

    def put(self, what: str, body: bytes) -> None:
        """Keep a message for the topic `what`.  Raises Full."""
        self._lanes.require_room(what, len(body))
        self._next += 1
        key = (LANES.index(what), self._next)
        self._write(self._file(key), body)
        self._lanes.add(key, len(body))

    def waiting(self, but: Container[Key] = ()) -> Iterator[tuple[Key, str, bytes]]:
        """Yield key, topic and body, events first, oldest first."""
        for key in self._lanes:
            if key not in but:
                yield key, LANES[key[0]], self._file(key).read_bytes()

    def drop(self, key: Key) -> None:
        """Forget what was acknowledged.  If that is lost it is sent once more, byte for byte."""
        if self._lanes.remove(key):
            self._file(key).unlink(missing_ok=True)

    def keep(self, name: str, fact: bytes) -> None:
        """Keep a fact."""
        self._write(self._folder / f"{name}.fact", fact)

    def kept(self, name: str) -> bytes | None:
        """Return a fact, None when there is none."""
        file = self._folder / f"{name}.fact"
        return file.read_bytes() if file.exists() else None

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._lanes)

    def _write(self, file: Path, body: bytes) -> None:
        """Write a file whole or not at all; it has its name for good when this returns."""
        with self._draft.open("wb") as opened:
            opened.write(body)
            opened.flush()
            os.fsync(opened.fileno())
        self._draft.replace(file)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _file(self, key: Key) -> Path:
        return self._folder / f"{key[0]}-{key[1]:012}.msg"
