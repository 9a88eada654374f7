"""The commands of docs/api-guide.md, followed as a reader would: pasted into a shell."""

import re
import subprocess
from pathlib import Path

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "api-guide.md"
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def follow(folder):
    """Run every block of the guide in a folder that has `.run/demo.json`; return the output."""
    commands = "set -eu\n" + "\n".join(BLOCK.findall(GUIDE.read_text(encoding="utf-8")))
    done = subprocess.run(
        ["bash", "-c", commands],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "One appointment: " in done.stdout
    assert '"status":"cancelled"' in done.stdout.replace(" ", "")
    assert "BEGIN:VCALENDAR" in done.stdout
    return done.stdout
