"""What every kind of test may ask for.  Servers start when the first test asks, once a run."""

import os

import pytest

from tests import lifetimes


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's folder in the controlling process; workers inherit it."""
    if not hasattr(config, "workerinput"):
        lifetimes.begin()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which way the servers were found."""
    for name in ("postgres", "rabbitmq"):
        if found := lifetimes.noted(name):
            terminalreporter.write_line(f"{name} for these tests: {found['way']}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the run's servers when the controlling process ends."""
    if hasattr(config, "workerinput"):
        lifetimes.let_go()
    else:
        lifetimes.end(lifetimes.folder())


@pytest.fixture(scope="session")
def worker() -> str:
    """The name of this test worker."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")
