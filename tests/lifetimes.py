"""Servers that tests start, native processes or containers, remembered in files so that whoever
ends the run, or the next run after a crash, can stop them."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

from deploy.native import accounts

RUN = "NEEDLEPOINT_TEST_RUN"  # the folder of this run, inherited by pytest-xdist's workers
PREFIX = "needlepoint-tests-"
_started: list[
    subprocess.Popen[bytes]
] = []  # kept, so that Python does not warn about live children


def begin() -> Path:
    """Make this run's folder, after clearing away what a killed run left behind."""
    home = _home()
    for old in home.glob(f"{PREFIX}*"):
        if not _alive(int(old.name.split("-")[2])):
            end(old)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=home))
    folder.chmod(0o711)  # the servers' account passes through to its own folders
    os.environ[RUN] = str(folder)
    return folder


def folder() -> Path:
    return Path(os.environ[RUN])


def end(run: Path) -> None:
    """Stop every server of a run and forget its files."""
    for note in run.glob("*.lifetime"):
        stop(json.loads(note.read_text(encoding="utf-8")))
    shutil.rmtree(run, ignore_errors=True)


def let_go() -> None:
    """Leave the servers that this worker started to the run, without Python's warning about it."""
    for process in _started:
        process.returncode = process.poll() or 0


def noted(name: str) -> dict | None:
    """Return what `once` found, if it was asked in this run."""
    note = folder() / f"{name}.json"
    return json.loads(note.read_text(encoding="utf-8")) if note.exists() else None


@contextmanager
def alone(name: str):
    """Hold a lock that all workers of the run know."""
    with (folder() / f"{name}.lock").open("w", encoding="utf-8") as lock:
        flock(lock, LOCK_EX)
        yield


def once(name: str, make) -> dict:
    """Return what `make()` returned the first time anybody in this run asked for `name`."""
    note = folder() / f"{name}.json"
    with alone(name):
        if not note.exists():
            note.write_text(json.dumps(make()), encoding="utf-8")
        return json.loads(note.read_text(encoding="utf-8"))


def start(
    name: str, command: list[str], *, cwd: Path, environment: dict[str, str] | None = None
) -> int:
    """Start a native server as the unprivileged account and return its process id."""
    with (folder() / f"{name}.log").open("ab") as log:
        process = accounts.start(
            command, accounts.unprivileged(), folder=cwd, environment=environment, log=log
        )
    _started.append(process)
    remember(name, {"pid": process.pid})
    return process.pid


def last_words(name: str) -> str:
    """Return the end of what a server printed."""
    if container := (known(name) or {}).get("container"):
        command = ["docker", "logs", "--tail", "40", container]
    else:
        command = ["tail", "-n", "40", str(folder() / f"{name}.log")]
    said = subprocess.run(command, check=False, capture_output=True, text=True)
    return said.stdout + said.stderr


def remember(name: str, life: dict) -> None:
    (folder() / f"{name}.lifetime").write_text(json.dumps(life), encoding="utf-8")


def stop(life: dict, how: signal.Signals = signal.SIGTERM) -> None:
    """Stop a native process with its group, or remove a container; return when it is gone."""
    if container := life.get("container"):
        subprocess.run(["docker", "rm", "-fv", container], check=False, capture_output=True)
    elif _alive(life["pid"]):
        kill(life["pid"], how)


def kill(pid: int, how: signal.Signals = signal.SIGKILL, *, patience_s: float = 20) -> None:
    """Signal a process group and wait for its leader; after `patience_s` it is killed."""
    os.killpg(pid, how)
    deadline = time.monotonic() + patience_s
    while _alive(pid):
        if time.monotonic() > deadline:
            os.killpg(pid, signal.SIGKILL)
            deadline += patience_s
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    for process in _started:
        if process.pid == pid:
            return process.poll() is None
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _home() -> Path:
    """Return a folder for scratch files that the servers' account may pass through."""
    account = accounts.unprivileged()
    for home in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108  # mkdtemp makes it safe
        if accounts.can_enter(home, account):
            return home
    raise RuntimeError("No temporary folder can be entered by an unprivileged account.")


def known(name: str) -> dict | None:
    """Return what is remembered of a server."""
    note = folder() / f"{name}.lifetime"
    return json.loads(note.read_text(encoding="utf-8")) if note.exists() else None


def halt(name: str, how: signal.Signals) -> None:
    """Kill a server that is to be started again."""
    life = known(name)
    if container := life.get("container"):
        subprocess.run(
            ["docker", "kill", "--signal", str(how.value), container],
            check=True,
            capture_output=True,
        )
    else:
        kill(life["pid"], how)


def forget(name: str) -> None:
    """Stop a server for good."""
    if life := known(name):
        stop(life)
        (folder() / f"{name}.lifetime").unlink()
