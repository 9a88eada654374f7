"""One whole platform for the tests that only look at it, started as `make demo` starts it."""

import os

import pytest

from tests import containers, platforms
from tests.system.outside import Platform

os.environ.setdefault("DEMO_CLIENTS", "8")  # a small franchise: its story is the same

# Docker's own tests need Docker; `make test` says so where no engine answers.
collect_ignore = [] if containers.can_run(containers.POSTGRES) else ["test_compose.py"]


@pytest.fixture(scope="session")
def native():
    with platforms.native("demo") as running:
        yield running


@pytest.fixture
def platform(native):
    return Platform.read(native.demo_file)
