"""The checks that need no servers: style, types, imports, SQL.  First in `make test`."""

import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

BIN = Path(sys.executable).parent

# A merged migration is never edited: a rule found broken later is excused here, file -> rules.
_EXCUSED = {
    # Every process that reads credentials is this service's own, and knows those without a secret.
    "services/device_telemetry/migrations/0012_door.sql": ["ban-drop-not-null"],
}


def commands() -> list[list[str]]:
    """Return every check as a command of the environment."""
    return [
        [str(BIN / "ruff"), "check", "--quiet", "."],
        [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
        [str(BIN / "mypy"), "--no-error-summary"],
        [str(BIN / "lint-imports")],
        *_squawk(sorted(str(file) for file in Path().glob("s*/**/migrations/*.sql"))),
        [str(BIN / "sqlfluff"), "lint", "--processes", "2", "--nocolor", "services", "shared"],
    ]


def _squawk(migrations: Sequence[str]) -> Iterator[list[str]]:
    """Yield one command for most migrations, and one for each that is excused from a rule."""
    squawk = str(BIN / "squawk")
    yield [squawk, *(file for file in migrations if file not in _EXCUSED)]
    for file, rules in _EXCUSED.items():
        # Rules excluded in the command replace those of the file of settings.
        usual = tomllib.loads(Path(".squawk.toml").read_text())["excluded_rules"]
        yield [squawk, file, "--exclude=" + ",".join([*usual, *rules])]


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
