"""`make test`: every check and test, part by part, with each part's time at the end.

A part that cannot be provided fails; nothing is skipped.  Arguments name the parts to run.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.native import lint

_PYTEST = (sys.executable, "-m", "pytest", "-q", "--durations=5")
_IN_ORDER = ("-p", "no:randomly")
_WITH_DOCKER = "tests/system/test_compose.py"
_NO_ENGINE = 3  # so ends tests.containers where it finds none
_CORES = os.cpu_count() or 2
_PARALLEL = ("-n", str(_CORES), "--dist", "loadscope")
_PARALLEL_WAITING = ("-n", str(_CORES + 1), "--dist", "loadscope")  # for servers, half of the time


def main() -> None:
    """Run the parts and end with 1 when one of them failed, or does not exist."""
    began = time.monotonic()
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := set(wanted).difference(PARTS):
        sys.exit(f"No such part: {', '.join(sorted(unknown))}. There are: {'; '.join(PARTS)}.")
    results: dict[str, tuple[bool, float]] = {}
    for stage in STAGES:
        results |= _all([name for name in stage if name in wanted])
    print("\nneedlepoint: make test")
    for name, (passed, seconds) in results.items():
        print(f"  {name:<24}{'passed' if passed else 'FAILED':<8}{seconds:8.1f} s")
    print(f"  {'together':<32}{time.monotonic() - began:8.1f} s")
    if not all(passed for passed, _ in results.values()):
        sys.exit(1)


def _all(names: list[str]) -> dict[str, tuple[bool, float]]:
    """Run the parts of one stage, side by side where there are several."""
    if len(names) > 1:
        print(f"\n== {' and '.join(names)}: side by side, shown when they have ended", flush=True)
        with ThreadPoolExecutor() as beside:
            running = {name: beside.submit(_apart, name) for name in names}
            return {name: done.result() for name, done in running.items()}
    return {name: _timed(name, PARTS[name]) for name in names}


def _timed(name: str, part: Callable[[], bool]) -> tuple[bool, float]:
    print(f"\n== {name}", flush=True)
    began = time.monotonic()
    return part(), time.monotonic() - began


def _apart(name: str) -> tuple[bool, float]:
    """Run a part in a process of its own, and print what it said when it has ended."""
    began = time.monotonic()
    command = [sys.executable, "-m", "deploy.native.checks", name]
    done = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    print(done.stdout, flush=True)
    return done.returncode == 0, time.monotonic() - began


def _assets() -> bool:
    """Bring the web assets, with what only tests need."""
    return _ran(sys.executable, "-m", "deploy.assets")


def _quick() -> bool:
    return _ran(*_PYTEST, *_PARALLEL, "tests/unit", "tests/contract", "tests/guards")


def _integration() -> bool:
    return _ran(*_PYTEST, *_PARALLEL_WAITING, "tests/integration")


def _system() -> bool:
    return _ran(*_PYTEST, *_IN_ORDER, "--ignore", _WITH_DOCKER, "tests/system")


def _docker() -> bool:
    found = _run(sys.executable, "-m", "tests.containers")
    if found == _NO_ENGINE:
        return True  # it has said so; the same story is told natively
    return found == 0 and _ran(*_PYTEST, *_IN_ORDER, _WITH_DOCKER)


def _browser() -> bool:
    return _ran(*_PYTEST, "tests/browser")


def _ran(*command: str) -> bool:
    """Run a command in the open; say whether it succeeded.  No tests at all is a failure too."""
    return _run(*command) == 0


def _run(*command: str) -> int:
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    return subprocess.run(command, check=False, env=environment).returncode


Part = Callable[[], bool]
# The parts of a stage run side by side: of each some wait while others work.
# Docker's networks come and go, and a Chromium that notices breaks what it just asks for
# (ERR_NETWORK_CHANGED): never beside the browser.
STAGES: tuple[dict[str, Part], ...] = (
    {"web assets": _assets},
    {"lint": lint.run, "unit, contract, guards": _quick, "docker": _docker},
    {"integration": _integration},
    {"system": _system, "browser": _browser},
)
PARTS = {name: part for stage in STAGES for name, part in stage.items()}

if __name__ == "__main__":
    main()
