"""Clients at work at the same time, each a process of its own, and what they found."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from tests import lifetimes
from tests.bench.sites import Site


@dataclass(slots=True)
class Found:
    """What some clients were answered: how often each status, and milliseconds."""

    seconds: float = 0
    statuses: dict[int, int] = field(default_factory=dict)
    good_ms: list[float] = field(default_factory=list)
    every_ms: list[float] = field(default_factory=list)
    cpu_s: float = 0  # of the server

    @property
    def good(self) -> int:
        return sum(count for status, count in self.statuses.items() if status < 300)

    @property
    def rate(self) -> float:
        return self.good / self.seconds

    def percentiles(self) -> tuple[float, float]:
        """Return the median and the 95th percentile in milliseconds."""
        if self.good < 2:
            raise RuntimeError(f"Hardly anybody was served: {self.statuses}")
        cuts = quantiles(self.good_ms, n=100)
        return cuts[49], cuts[94]


def go(
    kind: str,
    site: Site,
    plans: Sequence[Sequence[object]],
    *,
    seconds: float,
    pace: float = 0,
) -> Found:
    """Let one client work through each plan until the time is over.

    With a `pace` in seconds they ask together, once in that time, until their plans end.
    """
    folder = Path(tempfile.mkdtemp(dir=lifetimes.folder()))
    running = []
    for number, plan in enumerate(plans):
        file = folder / f"{number}.plan"
        file.write_text("\n".join(json.dumps(each) for each in plan), encoding="utf-8")
        running.append(_start([kind, site.address, str(seconds), str(pace), str(file)]))
    for each in running:
        each.stdout.readline()
    for each in running:
        each.stdin.write("go\n")
        each.stdin.flush()
    before = site.cpu_s()
    told = [json.loads(each.communicate()[0]) for each in running]
    if any(each.returncode for each in running):
        raise RuntimeError("A client of the benchmark failed.")
    found = _together(told, 0 if pace else seconds)
    found.cpu_s = site.cpu_s() - before
    return found


def summary(runs: Sequence[Found]) -> str:
    """Return the runs' median percentiles, what was refused, and the server's time an answer."""
    p50, p95 = (median(each) for each in zip(*(run.percentiles() for run in runs), strict=True))
    refused = sum(len(run.every_ms) - run.good for run in runs)
    cpu_ms = 1000 * median(run.cpu_s / max(len(run.every_ms), 1) for run in runs)
    times = f"p50 {p50:.1f}, p95 {p95:.1f} ms"
    return f"{times}, server's CPU {cpu_ms:.1f} ms each, refused {refused}"


def dealt(things: Sequence[object], clients: int, make: Callable[[object], object]) -> list[list]:
    """Deal things out to so many clients, as requests."""
    return [[make(each) for each in things[number::clients]] for number in range(clients)]


def _start(asked: list[str]) -> subprocess.Popen:
    command = [sys.executable, "-m", "tests.bench.peers.caller", *asked]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _together(told: list[dict], seconds: float) -> Found:
    found = Found(max(each["ended"] for each in told) - min(each["began"] for each in told))
    for each in told:
        if not each["left"] and each["ended"] - each["began"] < seconds:
            raise RuntimeError("A client of the benchmark ran out of things to ask.")
        for status, took in each["found"]:
            found.statuses[status] = found.statuses.get(status, 0) + 1
            found.every_ms.append(took)
            if status < 300:
                found.good_ms.append(took)
    return found
