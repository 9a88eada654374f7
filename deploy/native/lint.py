"""The checks that need no servers: style, types, imports, SQL.  First in `make test`."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

BIN = Path(sys.executable).parent


def commands() -> list[list[str]]:
    """Return every check as a command of the environment."""
    migrations = sorted(str(file) for file in Path().glob("s*/**/migrations/*.sql"))
    return [
        [str(BIN / "ruff"), "check", "--quiet", "."],
        [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
        [str(BIN / "mypy"), "--no-error-summary"],
        [str(BIN / "lint-imports")],
        [str(BIN / "squawk"), *migrations],
        [str(BIN / "sqlfluff"), "lint", "--processes", "2", "--nocolor", "services", "shared"],
    ]


def run() -> bool:
    """Run them all, print what they complain about, and return whether all were content."""
    return all([_content(command) for command in commands()])  # noqa: C419  # run every one


def _content(command: Sequence[str]) -> bool:
    name = f"{Path(command[0]).name} {' '.join(command[1:3])}"
    began = time.monotonic()
    print(f"  {name[:60]:<62}", end="", flush=True)
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    print("ok" if done.returncode == 0 else "NOT OK", f"{time.monotonic() - began:6.1f} s")
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(0 if run() else 1)
