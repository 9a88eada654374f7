"""Web servers under measurement: our booking API and django-appointment, both under gunicorn.

Both run with deploy/gunicorn.conf.py: one process of eight threads, connections kept open.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import requests

from deploy.native import ports
from deploy.native.processes import load
from tests import lifetimes
from tests.apps import Stage
from tests.people import Person
from tests.tokens import Mint

CONFIG = "deploy/gunicorn.conf.py"
PEER = "tests.bench.peers.django_site:application"


def environment(service: str, dsn: str) -> dict[str, str]:
    """Return what a process of a service is told."""
    told = Stage(lambda _: dsn, _mint()).environment(service)
    del told["STAFF_EPOCH_S"]  # what tests need and the platform does not do
    return told


@dataclass(frozen=True, slots=True)
class Site:
    """A running server: its address, and its processes' group.  Group 0: there is none."""

    address: str
    group: int = 0

    def answers(self) -> bool:
        """Say whether it answers anything: a worker may still be starting behind an open port."""
        try:
            return requests.get(f"{self.address}/healthz", timeout=5).status_code > 0
        except requests.RequestException:
            return False

    def cpu_s(self) -> float:
        """Return the seconds of processor that it has used so far."""
        found = 0.0
        if not self.group:
            return found
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
                if int(fields[2]) == self.group:
                    found += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return found


@contextmanager
def ours(dsn: str, service: str = "booking") -> Iterator[Site]:
    """Run a service's API as the platform does."""
    [process] = [each for each in load() if each.service == service and each.kind == "api"]
    with _running(f"{service}-api", process.command, environment(service, dsn)) as site:
        yield site


@contextmanager
def django(dsn: str) -> Iterator[Site]:
    """Run django-appointment."""
    command = (sys.executable, "-m", "gunicorn", "--config", CONFIG, PEER)
    with _running("django-appointment", command, {"DATABASE_URL": dsn}) as site:
        yield site


def token(person: Person) -> str:
    """Return an access token as identity makes them, good for an hour."""
    return _mint().token(person, exp=int(time.time()) + 3500)


@cache
def _mint() -> Mint:
    return Mint(lifetimes.folder())


@contextmanager
def _running(name: str, command: tuple[str, ...], environment: Mapping[str, str]) -> Iterator[Site]:
    [port] = ports.random_free(1)
    told = os.environ | environment | {"PORT": str(port), "BIND_HOST": ports.LOOPBACK}
    with (lifetimes.folder() / f"{name}.log").open("ab") as log:
        running = subprocess.Popen(
            command, env=told, stdout=log, stderr=log, start_new_session=True
        )
    site = Site(f"http://{ports.LOOPBACK}:{port}", running.pid)
    try:
        deadline = time.monotonic() + 60
        while not site.answers():
            if running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} does not start:\n{Path(log.name).read_text('utf-8')}")
            time.sleep(0.1)
        yield site
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(30)
