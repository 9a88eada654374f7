"""The Debian packages that the platform and its tests stand on.  Standard library only."""

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.native.progress import Failed, run, step

POLICY = Path("/usr/sbin/policy-rc.d")
PYTHON = ("python3-venv", "ca-certificates")
PLATFORM = (*PYTHON, "postgresql", "rabbitmq-server", "caddy")
TESTS = (*PLATFORM, "chromium", "fonts-liberation", "git", "mosquitto-clients")


def missing(packages: tuple[str, ...]) -> list[str]:
    """Return those of the packages whose programs this machine lacks."""
    return [package for package in packages if not _PRESENT[package]()]


def bring(packages: tuple[str, ...], log: Path) -> None:
    """Install what is missing.  Raises Failed, naming the packages, where we may not."""
    wanted = missing(packages)
    if not wanted:
        return
    command = f"apt-get install {' '.join(wanted)}"
    if not shutil.which("apt-get"):
        raise Failed(f"Please install what these Debian packages hold: {' '.join(wanted)}")
    sudo = _sudo()
    if sudo is None:
        raise Failed(f"Some parts are missing. Please run as root:\n\n    {command}\n")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    with step(f"Installing {', '.join(wanted)}"), _nothing_starts(sudo):
        run([*apt, "update"], log, what="apt-get update", env=quiet)
        run(
            [*apt, "install", "-y", "--no-install-recommends", *wanted],
            log,
            what=command,
            env=quiet,
        )
    if left := missing(packages):
        raise Failed(f"These packages were installed and still lack their programs: {left}")


def _sudo() -> list[str] | None:
    """Return what makes a command root's, or None when nothing does."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    asks = [] if os.isatty(0) else ["-n"]
    allowed = subprocess.run(["sudo", *asks, "true"], check=False, capture_output=bool(asks))
    return ["sudo", *asks] if allowed.returncode == 0 else None


@contextmanager
def _nothing_starts(sudo: list[str]) -> Iterator[None]:
    """Keep the packages from starting servers of their own: the platform brings its own set-up."""
    ours = not POLICY.exists()
    before = _epmds()
    if ours:
        script = f"printf '#!/bin/sh\\nexit 101\\n' > {POLICY} && chmod 755 {POLICY}"
        subprocess.run([*sudo, "sh", "-c", script], check=True)
    try:
        yield
    finally:
        if ours:
            subprocess.run([*sudo, "rm", "-f", str(POLICY)], check=True)
        for pid in _epmds() - before:  # RabbitMQ's installation leaves its name server behind
            subprocess.run([*sudo, "kill", f"-{signal.SIGTERM.value}", str(pid)], check=False)


def _epmds() -> set[int]:
    found = set()
    for name in Path("/proc").glob("[0-9]*/comm"):
        try:
            if name.read_text(encoding="utf-8").strip() == "epmd":
                found.add(int(name.parent.name))
        except OSError:
            continue  # it ended while we looked
    return found


def _has_server(pattern: str) -> bool:
    return any(Path("/usr/lib").glob(pattern))


_PRESENT = {
    "python3-venv": lambda: importlib.util.find_spec("ensurepip") is not None,
    "ca-certificates": lambda: Path("/etc/ssl/certs").is_dir(),
    "postgresql": lambda: _has_server("postgresql/*/bin/initdb"),
    "rabbitmq-server": lambda: _has_server("rabbitmq/lib/*/sbin/rabbitmq-server"),
    "caddy": lambda: shutil.which("caddy") is not None,
    "chromium": lambda: shutil.which("chromium") is not None,
    "fonts-liberation": lambda: any(Path("/usr/share/fonts").rglob("Liberation*")),
    "git": lambda: shutil.which("git") is not None,
    "mosquitto-clients": lambda: shutil.which("mosquitto_pub") is not None,
}
