"""Health check of a background process: `python -m shared.alive` fails when its work stands still.

The process touches ALIVE_FILE in each turn of its main loop while it is connected (a stand-by too).
"""

import os
import sys
import time

from shared import settings

FRESH_S = 15.0


def age_s(path: str, now: float) -> float:
    """Return the seconds since the process last showed that it works; infinite if it never did."""
    try:
        return now - os.stat(path).st_mtime  # noqa: PTH116 # starts every few seconds: import little
    except OSError:
        return float("inf")


def main() -> None:
    """Exit 0 when ALIVE_FILE was touched within the last 15 s, else 1."""
    age = age_s(settings.text("ALIVE_FILE"), time.time())
    if age > FRESH_S:
        sys.exit(f"No work was done for {age:.0f} s.")


if __name__ == "__main__":
    main()
