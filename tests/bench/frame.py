"""What every benchmark stands on: repetitions that take turns, a machine line, a table, a file.

A benchmark is a module `tests/bench/bench_<name>.py` with `run(asked) -> Result`.  Figures of
different systems are only compared when they come from the same run, taken in turns.
"""

import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from deploy.native import postgres, rabbitmq

_PACKAGES = (
    *("pika", "psycopg2-binary", "flask", "gunicorn"),
    *("celery", "dramatiq", "django", "django-appointment", "mq-bridge"),
)
ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(os.environ.get("NEEDLEPOINT_RUN_DIR", ROOT / ".run")) / "bench"


@dataclass(frozen=True, slots=True)
class Asked:
    """How thorough a run is.  `quick` is for trying a benchmark out, not for figures."""

    repetitions: int = 3
    quick: bool = False


@dataclass(slots=True)
class Row:
    """One line of the table: a system at a size, each repetition's figure, and what went wrong."""

    system: str
    size: str
    unit: str
    figures: list[float]
    lost: int = 0
    doubled: int = 0
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.figures)

    @property
    def spread(self) -> str:
        return f"{min(self.figures):,.0f}-{max(self.figures):,.0f}"


@dataclass(slots=True)
class Result:
    """What a benchmark found."""

    name: str
    question: str
    rows: list[Row] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


def take_turns(
    systems: Sequence[str], repetitions: int, measure: Callable[[str], float]
) -> dict[str, list[float]]:
    """Measure each system once a round, so that a busy minute hits all of them."""
    figures: dict[str, list[float]] = {system: [] for system in systems}
    for round_ in range(repetitions):
        for system in systems if round_ % 2 == 0 else reversed(systems):
            figures[system].append(measure(system))
            say(f"  round {round_ + 1}: {system}: {figures[system][-1]:,.0f}")
    return figures


def say(line: str) -> None:
    print(line, flush=True)


def machine() -> dict[str, str]:
    """Return what the figures were taken on."""
    return {
        "cores": str(os.cpu_count()),
        "cpu": _cpu(),
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "postgresql": _first_line([str(postgres.binaries() / "postgres"), "--version"]),
        "rabbitmq": rabbitmq.server().parts[-3].removeprefix("rabbitmq_server-"),
        "commit": _first_line(["git", "rev-parse", "--short", "HEAD"]),
        "taken": time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime()),
        **{name: _version(name) for name in _PACKAGES},
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _first_line(command: list[str]) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return ran.stdout.strip().partition("\n")[0]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"


def report(result: Result, about: dict[str, str]) -> None:
    """Print the table and write `.run/bench/<name>.json`."""
    say(f"\n{result.name}: {result.question}")
    say("  ".join(f"{name} {value}" for name, value in about.items()))
    say(
        f"\n{'system':<34}{'size':>14}{'median':>10}  {'spread':<16}{'lost':>6}{'doubled':>8}  unit"
    )
    for row in result.rows:
        say(
            f"{row.system:<34}{row.size:>14}{row.median:>10,.0f}  {row.spread:<16}"
            f"{row.lost:>6}{row.doubled:>8}  {row.unit}{'  ' + row.note if row.note else ''}"
        )
    for finding in result.findings:
        say(finding)
    RESULTS.mkdir(parents=True, exist_ok=True)
    after = " ".join(f"{load:.1f}" for load in os.getloadavg())
    say(f"load after {after}")
    told = {"machine": about | {"load after": after}, **asdict(result)}
    (RESULTS / f"{result.name}.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
