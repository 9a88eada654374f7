"""The whole platform as `make demo` starts it, for tests from outside, on ports of its own."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.native import machine
from deploy.native.machine import Machine
from deploy.native.supervisor import Supervisor

PYTHON = "/usr/bin/python3"


@dataclass(frozen=True, slots=True)
class NativePlatform:
    """A running platform.  `demo_file` is what programs from outside are told."""

    folder: Path

    @property
    def demo_file(self) -> Path:
        return self.folder / "demo.json"

    @property
    def machine(self) -> Machine:
        """Its ports and secrets, for looking behind the curtain."""
        found = machine.load(self.folder)
        assert found is not None
        return found

    def names(self) -> list[str]:
        """Return every process under supervision."""
        return sorted(Supervisor(self.folder).states())

    def kill(self, name: str) -> None:
        """Send `kill -9` to a process and its children; the supervisor starts it again."""
        pid = Supervisor(self.folder).states()[name]["pid"]
        os.killpg(pid, signal.SIGKILL)

    def wait_for(self, name: str, *, patience_s: float = 60) -> None:
        Supervisor(self.folder).await_running([name], seconds=patience_s)

    def run(self, command: str) -> str:
        """Run a command of the Makefile on this platform and return what it printed."""
        told = {"NEEDLEPOINT_RUN_DIR": str(self.folder), "STACK": "native", "YES": "1"}
        began = time.monotonic()
        done = subprocess.run(
            [PYTHON, "-B", "-m", "deploy.native.bootstrap", command],
            env=os.environ | told,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}\n{self._logs()}"
        return f"{done.stdout}\n{time.monotonic() - began:.1f} s"

    def _logs(self) -> str:
        """Return the ends of the logs, for whoever reads a failed test."""
        tails = []
        for file in sorted((self.folder / "logs").glob("*.log")):
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()[-4:]
            tails.append("\n".join([f"-- {file.name}", *lines]))
        return "\n".join(tails)


@contextmanager
def native(command: str = "demo") -> Iterator[NativePlatform]:
    """Start the platform on free ports, lend it, stop it and forget its data."""
    folder = Path(tempfile.mkdtemp(prefix="needlepoint-platform-"))
    platform = NativePlatform(folder)
    try:
        platform.run(command)
        yield platform
    finally:
        platform.run("stop")
        shutil.rmtree(folder, ignore_errors=True)
