"""supervisord: its configuration, starting it, asking it, ending it without leaving a process."""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import CannotSendRequest
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from deploy.native import accounts
from deploy.native.processes import ROOT
from deploy.native.progress import Failed

_SOCKET_PATH_MAX = 100  # the kernel's limit is 107
_RUNNING = "RUNNING"
_SERVERS = ("rabbitmq", "postgres")  # the others stand on these


@dataclass(frozen=True, slots=True)
class Program:
    """One program under supervision.  Lower `order` starts earlier and stops later."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    order: int = 100
    stop_signal: str = "TERM"
    group: bool = field(default=False)  # the signal goes to its children as well


@dataclass(frozen=True, slots=True)
class Supervisor:
    """The supervisord of one state folder."""

    run: Path

    @property
    def socket(self) -> Path:
        """Return the control socket; in the temporary folder where the state's path is too long."""
        near = self.run / "supervisor.sock"
        if len(str(near)) <= _SOCKET_PATH_MAX:
            return near
        short = hashlib.sha256(str(self.run).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"needlepoint-{short}.sock"

    @property
    def pid(self) -> int | None:
        """Return supervisord's process id, or None when it does not run."""
        try:
            pid = int((self.run / "supervisord.pid").read_text(encoding="utf-8"))
            name = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if str(self.run).encode() in name else None

    def configure(self, programs: list[Program]) -> bool:
        """Write the configuration; return whether it differs from what is running."""
        (self.run / "logs").mkdir(exist_ok=True)
        text = "\n".join([self._head(), *(_section(program, self.run) for program in programs)])
        file = self.run / "supervisord.conf"
        if file.exists() and file.read_text(encoding="utf-8") == text:
            return False
        accounts.write(file, text, None)
        return True

    def start(self) -> None:
        """Start supervisord in the background; it starts nothing by itself."""
        self.socket.unlink(missing_ok=True)
        command = [
            sys.executable,
            "-m",
            "supervisor.supervisord",
            "-c",
            str(self.run / "supervisord.conf"),
        ]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, cwd=self.run, umask=0o077
        )
        if done.returncode:
            raise Failed(f"supervisord did not start:\n{done.stdout}{done.stderr}")
        self._until(self._answers, "supervisord does not answer", seconds=20)

    def states(self) -> dict[str, dict[str, Any]]:
        """Return what supervisord says of each program."""
        found: Any = self._call("getAllProcessInfo")
        return {entry["name"]: entry for entry in found}

    def begin(self, names: list[str]) -> None:
        """Start the programs that do not run yet, without waiting for them."""
        states = self.states()
        for name in names:
            if states[name]["statename"] in {"STOPPED", "EXITED", "FATAL", "UNKNOWN"}:
                self._call("startProcess", name, False)  # noqa: FBT003  # positional in XML-RPC

    def end(self, names: list[str]) -> None:
        """Stop some programs together and wait until they have ended."""
        states = self.states()
        for name in names:
            if states[name]["statename"] in {"RUNNING", "STARTING", "BACKOFF"}:
                self._call("stopProcess", name, False)  # noqa: FBT003  # as above
        going = {"RUNNING", "STARTING", "BACKOFF", "STOPPING"}
        self._until(lambda: not self._any(names, going), "Some processes do not stop.")

    def await_running(self, names: list[str], *, seconds: float = 60) -> None:
        """Wait until the programs run.  Raises Failed, naming those that do not."""
        deadline = time.monotonic() + seconds
        while late := self._not_running(names):
            if time.monotonic() > deadline:
                raise Failed(f"These do not run; see {self.run / 'logs'}: {', '.join(late)}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End everything, what stands on others first; wait until it is gone.  Raises Failed."""
        pid = self.pid
        if pid is not None:
            # By itself supervisord would stop one program after the other, for half a minute.
            self.end([name for name in self.states() if name not in _SERVERS])
            self.end(list(_SERVERS))
            os.kill(pid, signal.SIGTERM)
            self._until(lambda: self.pid is None, "supervisord does not end", seconds=120)
        self._end_left_behind()

    def left_behind(self) -> list[int]:
        """Return processes that carry this state folder's mark though supervisord is gone."""
        mark = f"NEEDLEPOINT_SUPERVISED={self.run}".encode()
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (place / "environ").read_bytes().split(b"\0"):
                    found.append(int(place.name))
            except OSError:
                continue  # not ours, or it ended while we looked
        return found

    def _end_left_behind(self, seconds: float = 10) -> None:
        """Kill what outlived supervisord, and wait: a process dies some time after its signal."""
        deadline = time.monotonic() + seconds
        while left := self.left_behind():
            if time.monotonic() > deadline:
                raise Failed(f"These processes are still there: {left}")
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)

    def _not_running(self, names: list[str]) -> list[str]:
        states = self.states()
        return [name for name in names if states[name]["statename"] != _RUNNING]

    def _any(self, names: list[str], wanted: set[str]) -> bool:
        states = self.states()
        return any(states[name]["statename"] in wanted for name in names)

    def _answers(self) -> bool:
        try:
            self.states()
        except (OSError, CannotSendRequest, xmlrpc.client.Error):
            return False
        return True

    def _call(self, method: str, *arguments: Any) -> Any:
        transport = SupervisorTransport("", "", f"unix://{self.socket}")
        with xmlrpc.client.ServerProxy("http://supervisor", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)

    def _until(self, true: Any, otherwise: str, *, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                raise Failed(otherwise)
            time.sleep(0.1)

    def _head(self) -> str:
        run = self.run
        marks = _environment({"NEEDLEPOINT_SUPERVISED": str(run)})
        return f"""\
[unix_http_server]
file={self.socket}
chmod=0700

[supervisord]
directory={ROOT}
logfile={run}/logs/supervisord.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile={run}/supervisord.pid
childlogdir={run}/logs
nocleanup=true
umask=077
environment={marks}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""


def _section(program: Program, run: Path) -> str:
    """Return one program's lines.  It comes back after a crash, more slowly each time."""
    as_group = str(program.group).lower()
    return f"""\
[program:{program.name}]
command={" ".join(_quoted(word) for word in program.command)}
environment={_environment(program.environment)}
priority={program.order}
autostart=false
autorestart=true
startsecs=1
startretries=30
stopsignal={program.stop_signal}
stopasgroup={as_group}
killasgroup=true
stopwaitsecs=30
redirect_stderr=true
stdout_logfile={run}/logs/{program.name}.log
stdout_logfile_maxbytes=5MB
stdout_logfile_backups=1
"""


def _quoted(word: str) -> str:
    escaped = word.replace("%", "%%")
    return f"'{escaped}'" if set(escaped) & set(' "();') else escaped


def _environment(variables: dict[str, str]) -> str:
    """Return variables as supervisor reads them; % would begin an expansion, ; a comment."""
    for name, value in variables.items():
        if set(value) & set('"\n'):
            raise Failed(f"{name} cannot be given to a process.")
    return ",".join(f'{name}="{value.replace("%", "%%")}"' for name, value in variables.items())
