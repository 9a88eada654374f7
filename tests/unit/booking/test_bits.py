"""Minutes as bits: what is cheap says the same as what is plain."""

from hypothesis import given
from hypothesis import strategies as st

from services.booking.domain import bits
from services.booking.domain.availability import Board
from services.booking.domain.situation import Client
from tests.unit.booking.builders import (
    MONDAY,
    a_clinic,
    a_device,
    a_practitioner,
    a_room,
    a_situation,
    a_treatment,
    an_id,
    minute,
)

SPANS = st.lists(
    st.tuples(st.integers(-3000, 6000), st.integers(-60, 2000)).map(lambda s: (s[0], s[0] + s[1])),
    max_size=12,
)


@given(SPANS, st.integers(-500, 500))
def test_union_of_spans_holds_the_minutes_that_any_of_them_holds(spans, origin):
    expected = {n - origin for start, end in spans for n in range(start, end) if n >= origin}
    assert set(bits.positions(bits.union(spans, origin))) == expected


@given(st.sets(st.integers(0, 300)), st.integers(1, 70))
def test_run_begins_where_all_its_minutes_are_free(free, length):
    found = set(bits.positions(bits.runs(sum(1 << n for n in free), length)))
    assert found == {n for n in free if free.issuperset(range(n, n + length))}


def _taken():
    """Return what a resource does on that Monday: visits that may touch, none that overlap."""
    gaps = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 240)), max_size=5)
    return gaps.map(_one_after_another)


def _one_after_another(gaps):
    found, at = [], minute(MONDAY) - 120
    for free, taken in gaps:
        found.append((at + free, at + free + taken))
        at += free + taken
    return tuple(found)


@given(st.data())
def test_what_can_be_booked_is_the_same_whether_reasons_are_asked_for_or_not(data):
    def some(most, make, first_id):
        ids = range(first_id, first_id + data.draw(st.integers(0, most)))
        return tuple(make(id=an_id(n), busy=data.draw(_taken())) for n in ids)

    situation = a_situation(
        clinic=a_clinic(step_minutes=data.draw(st.sampled_from((5, 15, 60)))),
        treatment=a_treatment(
            buffer_before_minutes=data.draw(st.sampled_from((0, 10))),
            needs_device=data.draw(st.booleans()),
        ),
        practitioners=some(2, a_practitioner, 10),
        rooms=tuple(
            a_room(id=room.id, busy=room.busy, turnover_minutes=data.draw(st.sampled_from((0, 20))))
            for room in some(3, a_room, 20)
        ),
        devices=some(3, a_device, 30),
        client=data.draw(st.none() | _taken().map(lambda taken: Client(an_id(9), taken, ()))),
    )
    thorough, quick = Board(situation), Board(situation, explains=False)
    assert quick.times() == thorough.times()
    assert quick.possible == thorough.possible
