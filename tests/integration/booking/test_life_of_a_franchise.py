"""Random clinics live through random weeks: what is listed can be booked, and nothing overlaps.

Hypothesis draws zones, hours, rotas, rooms, pens and treatments, then lets people book, hold, move,
cancel, arrive, treat, plan courses and wait, while clinics close on single dates, people are away,
and pens break.  The test keeps its own, simpler account of who is where and when, and compares.
"""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from shared import ids
from tests.integration.booking.lives.appointments import Appointments
from tests.integration.booking.lives.courses import Courses
from tests.integration.booking.lives.dropouts import Dropouts
from tests.integration.booking.lives.rotas import Rotas
from tests.integration.booking.lives.rows import Rows
from tests.integration.booking.lives.waiting import Waiting

# what must have been done in some life or other: one in which nothing happens proves nothing
HAPPENS = {"booked", "held", "moved", "cancel", "put elsewhere", "away", "disrupted"}
HAPPENS |= {"rota followed", "other shift", "other opening", "courses", "waiting", "offers"}


class Life(Appointments, Rotas, Courses, Waiting, Dropouts, Rows):
    """All that happens at two clinics that share a practitioner."""


@pytest.mark.timeout(900)
def test_a_listed_time_can_be_booked_and_nothing_ever_overlaps(pool, monkeypatch):
    pool("booking")
    Life.done = {}
    monkeypatch.setattr(ids, "new", Life.numbers.new)
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=60,
            stateful_step_count=50,
            deadline=None,
            derandomize=True,  # what it finds it finds again
            phases=(Phase.generate,),  # an example costs seconds: shrinking one takes many minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Life.done.keys() >= HAPPENS, Life.done
