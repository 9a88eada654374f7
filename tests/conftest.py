"""What every kind of test may ask for.  Servers start when the first test asks, once a run."""

import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import databases, lifetimes, servers, workers

# How fast a machine draws examples is no property of ours: a busy one must not fail a test.
settings.register_profile(
    "needlepoint",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    print_blob=True,
)
settings.load_profile("needlepoint")


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's folder in the controlling process; workers inherit it."""
    if not hasattr(config, "workerinput"):
        lifetimes.begin()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> workers.Together:
    """Say how tests are given to workers, when there are several."""
    return workers.Together(config, log)


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


@pytest.fixture(autouse=True)
def an_environment_of_its_own() -> Iterator[None]:
    """What a test tells its process ends with it: the next, and what that starts, hear nothing."""
    before = dict(os.environ)
    yield
    before["PYTEST_CURRENT_TEST"] = os.environ.get("PYTEST_CURRENT_TEST", "")  # pytest's own
    if before != os.environ:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session")
def worker() -> str:
    """The name of this test worker."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def database_name(worker: str) -> Iterator[str]:
    name = databases.copy_for(worker)
    yield name
    databases.drop(name)


@pytest.fixture(scope="session")
def dsn(database_name: str) -> Callable[[str], str]:
    return lambda service: databases.dsn(database_name, service)


@pytest.fixture(scope="session")
def admin_dsn(database_name: str) -> str:
    """A superuser's address of this worker's database, to look behind row-level security."""
    return servers.postgres().dsn(database_name)


@pytest.fixture
def database(database_name: str) -> None:
    databases.clean(database_name)
