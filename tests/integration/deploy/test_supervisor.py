"""What outlives supervisord: `make stop` ends it, and waits for it."""

import os
import subprocess
import sys

from deploy.native.supervisor import Supervisor

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def left(run):
    """Start a process as one of ours that lost its supervisord."""
    marked = os.environ | {"NEEDLEPOINT_SUPERVISED": str(run)}
    return subprocess.Popen([sys.executable, "-c", STUBBORN], env=marked)


def test_stopping_ends_what_outlived_its_supervisor(tmp_path):
    supervisor = Supervisor(tmp_path)
    stubborn = [left(tmp_path) for _ in range(4)]
    stranger = left(tmp_path / "another")
    try:
        supervisor.stop()
        assert supervisor.left_behind() == []
        assert [each.wait() for each in stubborn] == [-9] * 4
        assert stranger.poll() is None
    finally:
        for each in [*stubborn, stranger]:
            each.kill()
            each.wait()
