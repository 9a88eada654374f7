"""The Python environment, from the hashed lock files.  Standard library only.

pip installs, because it follows the machine's own settings (mirrors, proxies, wheel folders).  What
is installed is remembered pin by pin, so that a second run does nothing.
"""

import json
import re
import subprocess
from pathlib import Path

from deploy.native.home import SOURCE
from deploy.native.progress import run, step

SYSTEM_PYTHON = Path("/usr/bin/python3")  # readable for everybody, unlike one in a home folder
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", re.MULTILINE)


def bring(venv: Path, lock: str, log: Path) -> None:
    """Make the environment hold what the lock file names."""
    if not _works(venv):
        with step("Making the Python environment"):
            python = SYSTEM_PYTHON if SYSTEM_PYTHON.exists() else Path("python3")
            make = [str(python), "-m", "venv", "--clear", str(venv)]
            run(make, log, what="python3 -m venv")
    wanted = pins(SOURCE / lock)
    stamp = venv / "needlepoint.json"
    known = json.loads(stamp.read_text(encoding="utf-8")) if stamp.exists() else {}
    if wanted.items() <= known.items():
        return
    with step(f"Installing {len(wanted)} Python packages of {lock}"):
        pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--require-hashes"]
        pip += ["--disable-pip-version-check", "--no-input", "--only-binary", ":all:"]
        run([*pip, "-r", str(SOURCE / lock)], log, what="pip install")
    stamp.write_text(json.dumps(known | wanted, indent=1), encoding="utf-8")


def pins(lock: Path) -> dict[str, str]:
    """Return package names and versions of a lock file."""
    return dict(_PIN.findall(lock.read_text(encoding="utf-8")))


def _works(venv: Path) -> bool:
    """Say whether the environment is there, has pip, and does not lean on a private interpreter."""
    python = venv / "bin" / "python"
    if not python.exists() or not python.resolve().is_relative_to("/usr"):
        return False
    asked = [str(python), "-c", "import pip"]
    return subprocess.run(asked, check=False, capture_output=True).returncode == 0
