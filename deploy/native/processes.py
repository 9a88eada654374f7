"""The one list of processes, deploy/processes.toml, as commands."""

import shlex
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MANIFEST = ROOT / "deploy" / "processes.toml"


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the platform."""

    name: str
    service: str
    kind: str
    command: tuple[str, ...]

    @property
    def answers_http(self) -> bool:
        """Say whether it listens on a port."""
        return self.kind in {"api", "live"}


def load() -> list[Process]:
    """Return every process, in the manifest's order."""
    manifest = tomllib.loads(MANIFEST.read_text(encoding="utf-8"))
    return [
        Process(name, entry["service"], entry["kind"], _command(manifest["kinds"], entry))
        for name, entry in manifest["processes"].items()
    ]


def services() -> list[str]:
    """Return every service that has a process, each once."""
    return list(dict.fromkeys(process.service for process in load()))


def _command(kinds: dict[str, str], entry: dict[str, str]) -> tuple[str, ...]:
    """Return the command with the environment's own interpreter in front."""
    program, *arguments = shlex.split(kinds[entry["kind"]].format(**entry))
    start = [sys.executable] if program == "python" else [sys.executable, "-m", program]
    return (*start, *arguments)
