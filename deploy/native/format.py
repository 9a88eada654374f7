"""`make format`: lay out Python and SQL, and mend what can be mended safely."""

import subprocess
import sys

from deploy.native.lint import BIN


def main() -> None:
    """Run the formatters; what they cannot mend they print."""
    for command in (
        [str(BIN / "ruff"), "check", "--fix", "--quiet", "."],
        [str(BIN / "ruff"), "format", "."],
        [str(BIN / "sqlfluff"), "fix", "--nocolor", "services", "shared"],
    ):
        if subprocess.run(command, check=False).returncode:
            sys.exit(f"Not everything could be mended: {' '.join(command[1:])}")


if __name__ == "__main__":
    main()
