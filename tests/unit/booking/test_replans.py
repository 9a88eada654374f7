"""Where else an appointment could go: best first, and no two proposals in one place."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.booking.domain import replans
from services.booking.domain.availability import Board
from services.booking.domain.replans import Held, Promises
from services.booking.domain.situation import Client, Recovery
from tests.unit.booking import builders
from tests.unit.booking.builders import MONDAY, an_id

TEN = MONDAY + timedelta(hours=10)
HELD = Held(TEN, TEN + timedelta(minutes=60), an_id(3), an_id(4), an_id(5))
PRIYA, NOOR = builders.a_practitioner(), builders.a_practitioner(id=an_id(13), name="Noor")
ROOMS = (builders.a_room(), builders.a_room(id=an_id(14), name="Room 2"))
BROKEN = builders.a_device(fit=False)
PEN_2 = builders.a_device(id=an_id(15), name="Pen 2")


def situation(**changes):
    usual = {"practitioners": (PRIYA, NOOR), "rooms": ROOMS, "devices": (BROKEN, PEN_2)}
    return builders.a_situation(**usual | changes)


def found(limit=10, *, movable=True, **changes):
    return replans.alternatives(HELD, situation(**changes), limit, movable=movable)


def kinds(alternatives):
    return [each.kind for each in alternatives]


def test_silent_swap_comes_first_then_people_then_times():
    told = found(6)
    assert kinds(told) == [
        "swap",
        "other_practitioner",
        "other_time",
        "other_time",
        "other_time",
        "other",
    ]
    swap = told[0]
    assert (swap.starts_at, swap.ends_at) == (TEN, TEN + timedelta(minutes=60))
    assert (swap.place.room.id, swap.place.device.id) == (an_id(4), an_id(15))
    assert told[1].place.practitioner == NOOR


def test_other_times_are_the_nearest_first_and_of_two_the_earlier():
    own = [each for each in found(8) if each.kind == "other_time"]
    minutes = [(each.starts_at - TEN) // timedelta(minutes=1) for each in own]
    assert minutes == [-15, 15, -30, 30]
    assert {each.place.practitioner.id for each in own} == {PRIYA.id}


def test_place_that_is_as_good_as_ever_is_no_swap():
    assert "swap" not in kinds(found(devices=(builders.a_device(), PEN_2)))


def test_swap_keeps_the_room_when_only_the_pen_is_missing():
    swap = found(rooms=tuple(reversed(ROOMS)))[0]
    assert swap.place.room.id == HELD.room_id


def test_nothing_at_its_own_time_when_the_clinic_closes_then():
    closed = builders.a_clinic(hours=())
    assert found(clinic=closed) == []


def test_who_is_here_already_can_only_swap():
    assert kinds(found(movable=False)) == ["swap"]


@pytest.mark.parametrize(
    "changes",
    [
        {"clinic": builders.a_clinic(lead_minutes=10_000)},
        {"now": TEN + timedelta(minutes=5)},
        {"clinic": builders.a_clinic(horizon_days=1), "now": TEN - timedelta(days=3)},
        {"clinic": builders.a_clinic(step_minutes=120), "starts_from": MONDAY},
        {"treatment": builders.a_treatment(duration_minutes=480)},
    ],
)
def test_what_was_kept_when_it_was_booked_does_not_stand_against_its_own_time(changes):
    told = found(**changes)
    assert kinds(told)[:2] == ["swap", "other_practitioner"]
    assert told[0].ends_at == HELD.ends_at


def test_other_times_are_as_new_bookings_and_need_notice():
    told = found(clinic=builders.a_clinic(lead_minutes=60), now=TEN - timedelta(minutes=30))
    own = [each.starts_at for each in told if each.kind == "other_time"]
    assert own
    assert min(own) == TEN + timedelta(minutes=30)


def test_client_elsewhere_at_the_time_rules_every_person_out():
    busy = Client(an_id(9), busy=builders.busy(TEN, 60))
    assert {each.starts_at for each in found(client=busy)}.isdisjoint({TEN})


def test_skin_that_recovers_longer_by_now_does_not_stand_against_a_swap():
    near = Recovery(TEN - timedelta(days=20), TEN + timedelta(days=8))
    client = Client(an_id(9), recoveries=(near,))
    assert kinds(found(client=client)) == ["swap", "other_practitioner"]


def test_what_is_proposed_to_one_is_taken_for_the_next():
    promises = Promises()
    first = situation(client=Client(an_id(9)))
    taken = [(each, TEN, TEN + timedelta(minutes=60)) for each in (PRIYA.id, ROOMS[0].id, PEN_2.id)]
    promises.add(taken, TEN, first)
    told = Board(promises.kept_in(situation(client=Client(an_id(8)))))
    assert "device_busy" in told.reasons(TEN)
    assert told.free(TEN) == [NOOR]
    assert told.reasons(TEN + timedelta(minutes=60)) == []


def test_client_with_two_appointments_gets_the_interval_between_the_proposals():
    promises = Promises()
    mine = situation(client=Client(an_id(9)))
    promises.add([(an_id(9), TEN, TEN + timedelta(minutes=60))], TEN, mine)
    noon = TEN + timedelta(hours=2)
    again = Board(promises.kept_in(mine)).reasons(noon)
    assert again == ["skin_recovering"]
    somebody_else = situation(client=Client(an_id(8)))
    assert Board(promises.kept_in(somebody_else)).reasons(noon) == []
    other_skin = replace(mine, treatment=builders.a_treatment(recovery_group="body"))
    assert Board(promises.kept_in(other_skin)).reasons(noon) == []


def test_span_to_look_at_begins_now_but_never_after_its_own_time():
    week = timedelta(days=7)
    assert replans.around(HELD, week, TEN - timedelta(days=30)) == (TEN - week, TEN + week)
    soon = TEN - timedelta(hours=3)
    assert replans.around(HELD, week, soon) == (soon, TEN + week)
    late = TEN + timedelta(minutes=5)
    assert replans.around(HELD, week, late) == (TEN, TEN + week)
