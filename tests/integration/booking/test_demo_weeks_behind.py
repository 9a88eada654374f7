"""The demo franchise's weeks behind: written once, however often the loader begins again."""

from types import SimpleNamespace

import pytest

from deploy.demo import history
from deploy.demo.franchise import CLINICS
from shared import db


def count():
    with db.transaction(db.EVERY_CLINIC) as tx:
        return tx.all("SELECT status, count(*) AS n FROM booking.appointments GROUP BY status", {})


@pytest.mark.parametrize(
    ("ending", "status"), [("complete", "completed"), ("cancel", "cancelled"), ("miss", "missed")]
)
def test_a_visit_that_was_recorded_before_the_loader_was_broken_off_is_left_alone(
    franchise, ending, status
):
    chance = SimpleNamespace(choice=lambda _endings: ending)
    visit = (CLINICS[0], str(franchise.clinic), str(franchise.treatment), str(franchise.client))

    for _ in range(2):
        assert history.record(*visit, franchise.at("10:00", days=-7), chance)

    assert count() == [{"status": status, "n": 1}]
