"""An appointment is disrupted when its own practitioner, room or device cannot serve it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.booking.domain.days import Exceptional
from services.booking.domain.disruptions import KINDS, NO_DISRUPTION, Facts, kind_of, kinds
from services.booking.domain.hours import Hours
from services.booking.domain.refusals import REASONS
from services.booking.domain.rotas import Absence
from services.booking.domain.situation import Client, Recovery, Screening
from tests.unit.booking import builders
from tests.unit.booking.builders import MONDAY, an_id

TEN = MONDAY + timedelta(hours=10)


def facts(**changes):
    own = Facts(
        starts_at=TEN,
        ends_at=TEN + timedelta(minutes=60),
        practitioner_id=an_id(3),
        practitioner_name="Priya",
        room_id=an_id(4),
        room_name="Room 1",
        room_active=True,
        device_id=an_id(5),
        device_name="Pen 1",
        device_here=True,
    )
    return replace(own, **changes)


def situation(**changes):
    """The minute at which the appointment begins."""
    around = {"starts_from": TEN, "starts_until": TEN + timedelta(minutes=1)}
    return builders.a_situation(**around | changes)


def found(own=None, **changes):
    return kinds(own or facts(), situation(**changes), clinic_active=True)


def test_nothing_is_the_matter_with_an_appointment_in_its_place():
    assert found() == {}


AWAY = tuple(Hours(day, 0, 540) for day in range(1, 8))
ON_LEAVE = replace(
    builders.weekly(builders.ALWAYS), absences=(Absence(MONDAY.date(), MONDAY.date()),)
)
ALL_DAY_BUSY = builders.busy(MONDAY, 1440)


@pytest.mark.parametrize(
    ("changes", "kind", "says"),
    [
        ({"devices": (builders.a_device(fit=False),)}, "device_unfit", "Pen 1 is not fit"),
        (
            {"treatment": builders.a_treatment(device_models=frozenset({"Pen 9"}))},
            "device_unfit",
            "Pen 1 is not a Pen 9.",
        ),
        ({"devices": ()}, "device_gone", "Pen 1 is not at this clinic"),
        ({"practitioners": ()}, "practitioner_left", "Priya does not practise"),
        (
            {"practitioners": (builders.a_practitioner(hours=AWAY),)},
            "practitioner_away",
            "Priya does not work at 10:00 on Monday 7 January 2030",
        ),
        (
            {"practitioners": (builders.a_practitioner(valid_until=date(2030, 1, 6)),)},
            "credential_ends",
            "No valid credential of Priya",
        ),
        (
            {"practitioners": (builders.a_practitioner(max_depth_face_um=None),)},
            "credential_ends",
            "No valid credential of Priya",
        ),
        ({"rooms": ()}, "room_closed", "Room 1 is not of the kind"),
        (
            {"clinic": builders.a_clinic(hours=AWAY)},
            "outside_hours",
            "not open for all 60 minutes",
        ),
        (
            {"clinic": builders.a_clinic(exceptions=(Exceptional(MONDAY.date(), ()),))},
            "clinic_closed",
            "The clinic is closed on Monday 7 January 2030.",
        ),
        (
            {"practitioners": (builders.a_practitioner(schedule=ON_LEAVE),)},
            "practitioner_away",
            "Priya is away on Monday 7 January 2030.",
        ),
    ],
)
def test_whatever_drops_out_is_told_alone(changes, kind, says):
    told = found(**changes)
    assert list(told) == [kind]
    assert says in told[kind]


def test_closed_room_says_so_and_not_that_its_kind_changed():
    assert found(facts(room_active=False), rooms=()) == {"room_closed": "Room 1 is closed."}


def test_retired_device_is_gone_and_not_unfit_as_well():
    told = found(facts(device_here=False), devices=(builders.a_device(fit=False),))
    assert list(told) == ["device_gone"]


def test_closed_clinic_says_all_there_is_to_say():
    told = kinds(facts(), situation(devices=(), rooms=()), clinic_active=False)
    assert list(told) == ["clinic_closed"]


def test_others_that_are_free_do_not_save_the_appointments_own():
    others = (builders.a_device(fit=False), builders.a_device(id=an_id(6), name="Pen 2"))
    assert list(found(devices=others)) == ["device_unfit"]


@pytest.mark.parametrize(
    "changes",
    [
        {"now": TEN + timedelta(minutes=20)},  # it should have begun
        {"clinic": builders.a_clinic(lead_minutes=10_000)},
        {"clinic": builders.a_clinic(horizon_days=1), "now": TEN - timedelta(days=9)},
        {"clinic": builders.a_clinic(step_minutes=120), "starts_from": TEN},
        {"rooms": (builders.a_room(busy=ALL_DAY_BUSY),)},
        {"devices": (builders.a_device(busy=ALL_DAY_BUSY),)},
        {"practitioners": (builders.a_practitioner(busy=ALL_DAY_BUSY),)},
        {"clinic": builders.a_clinic(screening_first=True), "client": Client(an_id(9))},
        {"treatment": builders.a_treatment(duration_minutes=480)},
        {"treatment": builders.a_treatment(needs_device=False), "devices": ()},
        {
            "client": Client(
                an_id(9),
                recoveries=(Recovery(TEN - timedelta(days=20), TEN + timedelta(days=8)),),
            )
        },
    ],
)
def test_what_binds_new_bookings_only_is_no_disruption(changes):
    assert found(**changes) == {}


def test_treatment_that_asked_for_no_device_when_it_was_booked_goes_on_without():
    assert found(facts(device_id=None, device_name=None), devices=()) == {}


@pytest.mark.parametrize(("ahead", "expected"), [(119, ["device_unfit"]), (120, [])])
def test_sleeping_device_is_missing_only_shortly_before_it_is_needed(ahead, expected):
    asleep = (builders.a_device(offline=True),)
    now = TEN - timedelta(minutes=ahead)
    assert list(found(devices=asleep, now=now)) == expected


@pytest.mark.parametrize(
    ("outcome", "not_before", "expected"),
    [
        ("refuse", None, ["screening_refused"]),
        ("defer", None, ["screening_deferred"]),
        ("defer", TEN + timedelta(days=1), ["screening_deferred"]),
        ("defer", TEN - timedelta(days=1), []),
        ("review", None, []),
        ("clear", None, []),
    ],
)
def test_screening_that_rules_the_day_out_disrupts(outcome, not_before, expected):
    told = found(client=Client(an_id(9)), screening=Screening(outcome, not_before))
    assert list(told) == expected


def test_everything_at_once_is_told_in_one_order():
    told = found(
        facts(room_active=False, device_here=False),
        rooms=(),
        devices=(),
        practitioners=(),
        clinic=builders.a_clinic(hours=()),
        client=Client(an_id(9)),
        screening=Screening("refuse", None),
    )
    assert list(told) == [
        "outside_hours",
        "practitioner_left",
        "room_closed",
        "device_gone",
        "screening_refused",
    ]
    assert set(told) <= set(KINDS)


def test_every_reason_of_availability_either_disrupts_or_is_known_not_to():
    undecided = [each for each in REASONS if not kind_of(each) and each not in NO_DISRUPTION]
    assert undecided == []
    assert not {each for each in NO_DISRUPTION if kind_of(each)}
