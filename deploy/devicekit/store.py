"""What a pen keeps until the platform has acknowledged it: in memory, or on disk.

Events are sent before readings; both oldest first.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

LANES = ("events", "readings")  # in the order in which they are sent
Key = tuple[int, int]  # lane, number


class Store(Protocol):
    """Where frozen messages wait."""

    def put(self, what: str, body: bytes) -> None:
        """Keep a message for the topic `what`."""

    def waiting(self) -> Iterator[tuple[Key, str, bytes]]:
        """Yield key, topic and body of every message, in the order in which they are to be sent."""

    def drop(self, key: Key) -> None:
        """Forget what was acknowledged."""

    def __len__(self) -> int:
        """Return how many messages wait."""


class Memory:
    """Keeps messages as long as the process lives."""

    def __init__(self) -> None:
        """Begin empty."""
        self._lanes: list[dict[int, bytes]] = [{} for _ in LANES]
        self._next = 0

    def put(self, what: str, body: bytes) -> None:
        """Keep a message for the topic `what`."""
        self._next += 1
        self._lanes[LANES.index(what)][self._next] = body

    def waiting(self) -> Iterator[tuple[Key, str, bytes]]:
        """Yield key, topic and body, events first, oldest first."""
        for lane, messages in enumerate(self._lanes):
            for number, body in messages.items():
                yield (lane, number), LANES[lane], body

    def drop(self, key: Key) -> None:
        """Forget what was acknowledged."""
        lane, number = key
        self._lanes[lane].pop(number, None)

    def __len__(self) -> int:
        """Return how many messages wait."""
        return sum(map(len, self._lanes))


class Disk:
    """Keeps each message in a file, written whole and synced before `put` returns."""

    def __init__(self, folder: Path) -> None:
        """Take up what an earlier run left in `folder`."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        names = [file.stem for file in folder.glob("*.msg")]
        self._keys = sorted(tuple(map(int, name.split("-"))) for name in names)
        self._next = max((number for _, number in self._keys), default=0)

    def put(self, what: str, body: bytes) -> None:
        """Keep a message for the topic `what`."""
        self._next += 1
        key = (LANES.index(what), self._next)
        draft = self._folder / "draft"
        with draft.open("wb") as opened:
            opened.write(body)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(self._file(key))
        self._keys.append(key)
        self._keys.sort()

    def waiting(self) -> Iterator[tuple[Key, str, bytes]]:
        """Yield key, topic and body, events first, oldest first."""
        for key in list(self._keys):
            yield (key[0], key[1]), LANES[key[0]], self._file((key[0], key[1])).read_bytes()

    def drop(self, key: Key) -> None:
        """Forget what was acknowledged."""
        if key in self._keys:
            self._keys.remove(key)
            self._file(key).unlink(missing_ok=True)

    def __len__(self) -> int:
        """Return how many messages wait."""
        return len(self._keys)

    def _file(self, key: Key) -> Path:
        return self._folder / f"{key[0]}-{key[1]:012}.msg"
