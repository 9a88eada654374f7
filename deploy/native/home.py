"""Where this clone's code, state and Python environment are, and who runs it.

Standard library only.  Started by root, the platform runs as the system user `needlepoint`.  Where
that user cannot read the clone (it lies under /root, say), code, environment and state go to
/var/lib/needlepoint/<hash of the path>/, and the clone's .run becomes a link to the state.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.native import accounts
from deploy.native.accounts import Account
from deploy.native.progress import Failed

SOURCE = Path(__file__).resolve().parent.parent.parent
ELSEWHERE = Path("/var/lib/needlepoint")
USER = "needlepoint"
_NOT_COPIED = (
    *(".git", ".venv", ".run", "node_modules", "__pycache__", "tests"),
    *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"),
)
_ACCOUNT = ("--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin")
_PROBE = "import os,sys; [sys.exit(1) for p in sys.argv[1:] if not os.access(p, os.R_OK)]"


@dataclass(frozen=True, slots=True)
class Home:
    """The folders of one clone.  `account` is None when whoever started is unprivileged."""

    code: Path
    run: Path
    venv: Path
    account: Account | None

    @property
    def python(self) -> Path:
        """Return the environment's interpreter."""
        return self.venv / "bin" / "python"

    @property
    def is_copy(self) -> bool:
        """Say whether the code runs from a copy of the clone."""
        return self.code != SOURCE


def find() -> Home:
    """Return the folders of this clone, creating the account and the state folder."""
    account = _account()
    given = os.environ.get("NEEDLEPOINT_RUN_DIR")
    link = Path(given).resolve() if given else SOURCE / ".run"
    if account is None or _readable(account):
        run = link.resolve()
        accounts.own(run, account)
        return Home(SOURCE, run, SOURCE / ".venv", account)
    return _elsewhere(link, account)


def refresh(home: Home) -> None:
    """Bring the copy of the code up to date, where the code runs from one."""
    if not home.is_copy:
        return
    fresh = home.code.with_name("code.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(SOURCE, fresh, ignore=shutil.ignore_patterns(*_NOT_COPIED))
    for folder, _, files in os.walk(fresh):
        Path(folder).chmod(0o755)
        for name in files:
            Path(folder, name).chmod(0o644)
    shutil.rmtree(home.code, ignore_errors=True)
    fresh.rename(home.code)


def become(account: Account | None) -> None:
    """Give up root for good."""
    if account:
        os.setgroups([])
        os.setgid(account.gid)
        os.setuid(account.uid)


def _account() -> Account | None:
    if os.geteuid() != 0:
        return None
    if USER not in {entry.pw_name for entry in pwd.getpwall()}:
        subprocess.run(
            ["useradd", *_ACCOUNT, "--home-dir", str(ELSEWHERE), USER],
            check=True,
        )
    return accounts.unprivileged()


def _readable(account: Account) -> bool:
    """Ask as the account itself: folders may be closed, and files private by root's umask."""
    files = [str(file) for part in ("shared", "deploy", "services") for file in _code(part)]
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, *files],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        check=False,
        capture_output=True,
    )
    return done.returncode == 0


def _code(part: str) -> list[Path]:
    return [file for file in (SOURCE / part).rglob("*") if file.suffix in {".py", ".sql", ".toml"}]


def _elsewhere(link: Path, account: Account) -> Home:
    """Return folders that the account can reach, with the clone's .run as a link to the state."""
    base = ELSEWHERE / hashlib.sha256(str(link).encode()).hexdigest()[:12]
    base.mkdir(parents=True, exist_ok=True)
    for folder in (ELSEWHERE, base):
        folder.chmod(0o755)
    run = accounts.own(base / "run", account)
    if link.is_dir() and not link.is_symlink():
        _move(link, run)
    if not link.is_symlink():
        link.symlink_to(run)
    return Home(base / "code", run, base / "venv", account)


def _move(folder: Path, run: Path) -> None:
    """Take along what another command left in the clone's own state folder."""
    for entry in folder.iterdir():
        if (run / entry.name).exists():
            raise Failed(f"{entry} and {run / entry.name} both exist; keep one of them.")
        shutil.move(entry, run)
    folder.rmdir()
