"""`make lock`: pin every package with hashes, for every Python from 3.11 on, naming no index."""

import subprocess
import sys
from pathlib import Path

from deploy.native.lint import BIN

_SAYING_NOTHING_OF_WHERE = ("--no-emit-index-url", "--no-emit-find-links", "--no-header")
_FOR_EVERYBODY = ("--universal", "--python-version", "3.11")


def main() -> None:
    """Compile requirements.in, then the others within its pins, keeping versions that still fit."""
    base = Path("requirements.in")
    others = sorted(file for file in Path().glob("requirements-*.in"))
    for source in (base, *others):
        lock = source.with_suffix(".lock")
        command = [str(BIN / "uv"), "pip", "compile", "--quiet", "--generate-hashes", *sys.argv[1:]]
        command += [*_SAYING_NOTHING_OF_WHERE, *_FOR_EVERYBODY, str(source), "-o", str(lock)]
        if source != base:
            command += ["-c", str(base.with_suffix(".lock"))]
        subprocess.run(command, check=True)
        print(f"  {lock}")


if __name__ == "__main__":
    main()
