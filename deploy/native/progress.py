"""What a person sees while the commands work: one line a step, with its seconds."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


class Failed(RuntimeError):
    """A step did not succeed; the message says what to do."""


@contextmanager
def step(what: str) -> Iterator[None]:
    """Print what is being done, then how long it took."""
    began = time.monotonic()
    print(f"  {what} ...", end=" ", flush=True)
    try:
        yield
    except BaseException:
        print("failed")
        raise
    print(f"{time.monotonic() - began:.1f} s", flush=True)


def run(command: Sequence[str], log: Path, *, what: str, env: dict[str, str] | None = None) -> None:
    """Run a command quietly, its output to `log`.  Raises Failed with the log's last lines."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as opened:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=opened, stderr=opened, env=env, check=False
        )
    if done.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        raise Failed(f"{what} failed ({log}):\n{tail}")


def end(failure: BaseException) -> None:
    """End the command with a sentence instead of a stack trace."""
    print(f"\n{failure}", file=sys.stderr)
    sys.exit(1)
