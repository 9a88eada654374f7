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
_PARALLEL = ("-n", str(os.cpu_count() or 2), "--dist", "loadscope")


def main() -> None:
    """Run the parts and end with 1 when one of them failed."""
    began = time.monotonic()
    wanted = sys.argv[1:] or list(PARTS)
    results = {}
    with ThreadPoolExecutor() as beside:
        for name in wanted:
            if name not in BESIDE or len(wanted) == 1:
                results[name] = _timed(name, PARTS[name])
        if len(results) < len(wanted):
            print("\n== what runs side by side is shown when it has ended", flush=True)
        waiting = {name: beside.submit(_apart, name) for name in wanted if name not in results}
        results |= {name: done.result() for name, done in waiting.items()}
    print("\nneedlepoint: make test")
    for name, (passed, seconds) in results.items():
        print(f"  {name:<24}{'passed' if passed else 'FAILED':<8}{seconds:8.1f} s")
    print(f"  {'together':<32}{time.monotonic() - began:8.1f} s")
    if not all(passed for passed, _ in results.values()):
        sys.exit(1)


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
    return _ran(*_PYTEST, *_PARALLEL, "tests/integration")


def _system() -> bool:
    return _ran(*_PYTEST, "-p", "no:randomly", "tests/system")


def _browser() -> bool:
    return _ran(*_PYTEST, "tests/browser")


def _ran(*command: str) -> bool:
    """Run a command in the open; say whether it succeeded.  No tests at all is a failure too."""
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    return subprocess.run(command, check=False, env=environment).returncode == 0


PARTS: dict[str, Callable[[], bool]] = {
    "web assets": _assets,
    "lint": lint.run,
    "unit, contract, guards": _quick,
    "integration": _integration,
    "system": _system,
    "browser": _browser,
}
# Each of these keeps one processor busy and waits much for others: they run side by side.
BESIDE = ("system", "browser")

if __name__ == "__main__":
    main()
