"""Headquarters on a Monday morning in January 2030."""

import pytest

from shared import clock, db
from tests.integration.headquarters.happenings import MONDAY_10


@pytest.fixture
def monday(monkeypatch, api, stage):
    """It is Monday, and headquarters listens."""
    stage.enter("headquarters")
    monkeypatch.setattr(clock, "now", lambda: MONDAY_10)


@pytest.fixture
def hq(api, monday):
    return api("headquarters")


@pytest.fixture
def table():
    """Return the rows of a table of headquarters."""

    def read(name, order="1, 2"):
        with db.transaction(db.EVERY_CLINIC) as tx:
            return [
                dict(row) for row in tx.all(f"SELECT * FROM headquarters.{name} ORDER BY {order}")
            ]

    return read
