"""Which sample numbers have arrived: the same whatever the order."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.device_telemetry.domain.coverage import (
    Place,
    add,
    flat,
    holes,
    place,
    ranges,
    since,
)

NOON = datetime(2030, 1, 7, 12, tzinfo=UTC)


def test_batches_side_by_side_become_one_range():
    assert add(add([(0, 10)], 20, 30), 10, 20) == [(0, 30)]


def test_a_batch_that_begins_where_a_longer_range_begins_is_held():
    assert place([(0, 20)], 0, 3) is Place.HELD


def test_a_batch_may_lie_in_between_touch_or_cross():
    covered = [(10, 20), (30, 40)]
    assert place(covered, 20, 30) is Place.NEW
    assert place(covered, 0, 10) is Place.NEW
    assert place(covered, 40, 41) is Place.NEW
    assert place(covered, 12, 15) is Place.HELD
    assert place(covered, 30, 40) is Place.HELD
    assert place(covered, 19, 21) is Place.OVERLAPS
    assert place(covered, 5, 45) is Place.OVERLAPS
    assert place(covered, 29, 31) is Place.OVERLAPS


def test_a_part_of_a_hole_is_as_old_as_the_hole_and_a_new_one_is_new():
    older = NOON - timedelta(hours=1)
    known = {(10, 40): older}
    assert since([(10, 20), (30, 40), (50, 60)], known, NOON) == {
        (10, 20): older,
        (30, 40): older,
        (50, 60): NOON,
    }


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.randoms())
def test_any_order_gives_the_same_ranges_and_every_step_the_right_place(sizes, chance):
    edges = [sum(sizes[:i]) for i in range(len(sizes) + 1)]
    batches = list(pairwise(edges))
    chance.shuffle(batches)
    covered, numbers = [], set()
    for first, end in batches:
        assert place(covered, first, end) is Place.NEW
        covered = add(covered, first, end)
        numbers |= set(range(first, end))
        assert place(covered, first, end) is Place.HELD
        assert {n for start, stop in covered for n in range(start, stop)} == numbers
        missing = {n for start, stop in holes(covered) for n in range(start, stop)}
        assert missing == set(range(min(numbers), max(numbers))) - numbers
        assert ranges(flat(covered)) == covered
    assert covered == [(0, edges[-1])]
