"""Processes with their descendants: what they have used, and who they are."""

import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def used_s(roots: Mapping[str, int]) -> dict[str, float]:
    """Return what each process, its descendants and its ended children used, in seconds."""
    parents, used = {}, {}
    for pid, fields in _stats():
        parents[pid] = int(fields[1])
        used[pid] = sum(map(int, fields[11:15])) / _TICK
    names = {pid: name for name, pid in roots.items()}
    found = dict.fromkeys(roots, 0.0)
    for pid, seconds in used.items():
        above: int | None = pid
        while above and above not in names:
            above = parents.get(above)
        if above:
            found[names[above]] += seconds
    return found


def children(parent: int) -> list[int]:
    return [pid for pid, fields in _stats() if int(fields[1]) == parent]


def end(pids: list[int]) -> None:
    """`kill -9`, and wait until they are gone."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while any(_alive(pid) for pid in pids):
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    return any(each == pid and fields[0] != "Z" for each, fields in _stats())


def _stats() -> list[tuple[int, list[str]]]:
    """Return each process's /proc/<pid>/stat behind its name: state, parent, ..."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
            found.append((int(stat.parent.name), fields))
    return found
