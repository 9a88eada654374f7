"""`make bench`: every benchmark, or `python -m tests.bench events --repetitions 5`."""

import argparse
import importlib
import sys
from pathlib import Path

from tests import lifetimes
from tests.bench import frame

NAMES = sorted(
    file.stem.removeprefix("bench_") for file in Path(__file__).parent.glob("bench_*.py")
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], help=", ".join(NAMES))
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="small, to see that it runs")
    asked = parser.parse_args()
    about = frame.machine()
    lifetimes.begin()
    try:
        for name in asked.names or NAMES:
            benchmark = importlib.import_module(f"tests.bench.bench_{name}")
            result = benchmark.run(frame.Asked(asked.repetitions, quick=asked.quick))
            frame.report(result, about)
    finally:
        lifetimes.end(lifetimes.folder())


if __name__ == "__main__":
    sys.exit(main())
