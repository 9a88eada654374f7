"""Who asks too often waits for the minute to end; others do not notice."""

import pytest

from shared.errors import TooMany
from shared.pace import Pace


class Watch:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def watch():
    return Watch()


def test_the_bound_is_each_keys_own(watch):
    pace = Pace(2, watch)
    for key in ("a", "a", "b", "b"):
        pace.step(key)
    with pytest.raises(TooMany):
        pace.step("a")


def test_the_next_minute_begins_anew_and_the_refusal_says_when(watch):
    pace = Pace(1, watch)
    pace.step("a")
    watch.now += 45
    with pytest.raises(TooMany) as refused:
        pace.step("a")
    assert refused.value.members["retry_after_s"] == 16
    watch.now += 15
    pace.step("a")
