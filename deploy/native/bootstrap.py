"""What `make` calls: bring what a command needs, then hand over to it.  Standard library only.

Runs with the machine's own Python, before any package is there.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from deploy.compose import commands as compose
from deploy.native import home, packages, progress, venv
from deploy.native.home import SOURCE, Home

LOCK, DEV_LOCK, BENCH_LOCK = "requirements.lock", "requirements-dev.lock", "requirements-bench.lock"
PLATFORM = {"demo", "up"}
WHEN_THERE = {"stop", "status", "logs", "reset", "as"}
DEVELOPMENT = {
    "test": (packages.TESTS, DEV_LOCK, "deploy.native.checks"),
    "bench": (packages.PLATFORM, BENCH_LOCK, "tests.bench"),
    "lint": (packages.PYTHON, DEV_LOCK, "deploy.native.lint"),
    "format": (packages.PYTHON, DEV_LOCK, "deploy.native.format"),
    "lock": (packages.PYTHON, DEV_LOCK, "deploy.native.lock"),
}
KEPT = (  # of whoever types the command; nothing else reaches the platform
    *("TERM", "LANG", "COLUMNS", "NEEDLEPOINT_RUN_DIR"),
    *("YES", "DEMO_CLIENTS", "MIGRATION_STATEMENT_S"),
)


def main() -> None:
    """Run one command of the Makefile."""
    command, *rest = sys.argv[1:] or ["help"]
    os.chdir(SOURCE)
    try:
        if command in DEVELOPMENT:
            _develop(command, rest)
        elif compose.is_chosen(command):
            compose.run(command)
        elif command in PLATFORM:
            _run_platform(command)
        elif command in WHEN_THERE:
            _if_there(command, rest)
        else:
            sys.exit(f"There is no command {command}; see `make help`.")
    except progress.Failed as failure:
        progress.end(failure)


def _run_platform(command: str) -> None:
    """Set up what is missing, give up root, and bring the platform up."""
    logs = Path(tempfile.mkdtemp(prefix="needlepoint-setup-"))
    packages.bring(packages.PLATFORM, logs / "packages.log")
    place = home.find()
    venv.bring(place.venv, LOCK, logs / "python.log")
    _assets(place, logs)
    home.refresh(place)
    shutil.rmtree(logs)
    _hand_over(place, command)


def _assets(place: Home, logs: Path) -> None:
    """Bring the fonts and icons that the pages show."""
    production = {**os.environ, "ASSETS": os.environ.get("ASSETS", "production")}
    bring = [str(place.python), "-m", "deploy.assets"]
    with progress.step("Bringing the web assets"):
        progress.run(bring, logs / "assets.log", what="Bringing the web assets", env=production)


def _if_there(command: str, rest: list[str]) -> None:
    """Run a command that only makes sense once something was set up."""
    place = home.find()
    if not place.python.exists() or not (place.run / "ports.json").exists():
        print("Nothing of Needlepoint is set up here. `make demo` does it.")
        return
    _hand_over(place, command, *rest)


def _hand_over(place: Home, command: str, *rest: str) -> None:
    """Become the unprivileged account and the command."""
    home.become(place.account)
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment = kept | {
        "PATH": f"{place.venv / 'bin'}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(place.run),
        "NEEDLEPOINT_RUN_DIR": str(place.run),
        "PYTHONPYCACHEPREFIX": str(place.run / "pycache"),
        "PYTHONUNBUFFERED": "1",
    }
    os.chdir(place.code)
    arguments = [str(place.python), "-m", "deploy.native.commands", command, *rest]
    os.execve(arguments[0], arguments, environment)  # noqa: S606  # no shell, our own command


def _develop(command: str, rest: list[str]) -> None:
    """Set up what developers need, in the clone's own environment, and run the command."""
    wanted, lock, module = DEVELOPMENT[command]
    logs = Path(tempfile.mkdtemp(prefix="needlepoint-setup-"))
    packages.bring(wanted, logs / "packages.log")
    folder = SOURCE / ".venv"
    venv.bring(folder, lock, logs / "python.log")
    shutil.rmtree(logs)
    path = f"{folder / 'bin'}:{os.environ.get('PATH', os.defpath)}"
    arguments = [str(folder / "bin" / "python"), "-m", module, *rest]
    os.execve(arguments[0], arguments, {**os.environ, "PATH": path})  # noqa: S606  # as above


if __name__ == "__main__":
    main()
