"""Who runs the servers: never root.  PostgreSQL and RabbitMQ refuse it; nothing needs it."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

NAMES = ("needlepoint", "postgres", "nobody")  # the first that this machine knows


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account that a process started by root becomes."""

    name: str
    uid: int
    gid: int


def unprivileged() -> Account | None:
    """Return the account that servers run as, or None when we are unprivileged already."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in NAMES if name in known)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def start(
    command: list[str],
    account: Account | None,
    *,
    folder: Path,
    environment: dict[str, str] | None = None,
    log: IO[bytes] | int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a process as `account`, in a session of its own: a Ctrl-C is not meant for it."""
    become: dict[str, Any] = {}
    if account:
        become = {"user": account.uid, "group": account.gid, "extra_groups": []}
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        **become,
    )


def own(folder: Path, account: Account | None) -> Path:
    """Create a private folder of the account's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account:
        os.chown(folder, account.uid, account.gid)
    return folder


def write(file: Path, text: str, account: Account | None) -> Path:
    """Write a file that only the account may read."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
    if account:
        os.chown(file, account.uid, account.gid)
    return file


def can_enter(folder: Path, account: Account | None) -> bool:
    """Say whether the account may pass through every folder on the way, this one included."""
    if account is None:
        return os.access(folder, os.X_OK)
    return all(_lets_in(step, account) for step in [folder, *folder.parents])


def _lets_in(folder: Path, account: Account) -> bool:
    state = folder.stat()
    if state.st_uid == account.uid:
        return bool(state.st_mode & 0o100)
    return bool(state.st_mode & (0o010 if state.st_gid == account.gid else 0o001))
