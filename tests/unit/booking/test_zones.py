"""Treatments by zone, and devices of a certain model."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.booking.domain import refusals, treatments
from services.booking.domain.availability import Board
from services.booking.domain.treatments import ZoneNotOffered, ZonesTooLong
from tests.unit.booking.builders import MONDAY, a_device, a_situation, a_treatment, an_id

FACE = a_treatment(zone_minutes=(("ZON-08", 25), ("ZON-10", 15), ("ZON-01", 470)))
TEN = MONDAY + timedelta(hours=10)


def test_zones_take_the_sum_of_their_minutes_each_once():
    assert FACE.of(["ZON-10", "ZON-08", "ZON-08"]).duration_minutes == 40
    assert FACE.of(["ZON-10", "ZON-08"]).zones == ("ZON-08", "ZON-10")


def test_without_zones_a_treatment_takes_its_own_time():
    assert FACE.of([]) == FACE
    treatments.require_zones(FACE)


def test_zone_that_is_not_offered_is_named():
    with pytest.raises(ZoneNotOffered, match=r"Acne scars, face is not offered for ZON-13\."):
        treatments.require_zones(FACE.of(["ZON-08", "ZON-13"]))


def test_zones_that_take_longer_than_any_treatment_are_refused():
    with pytest.raises(ZonesTooLong, match="495 minutes"):
        treatments.require_zones(FACE.of(["ZON-01", "ZON-08"]))


@pytest.mark.parametrize("zone", ["ZON-04", "ZON-12", "ZON-18", "ZON-00"])
def test_zone_that_is_never_needled_cannot_be_offered(zone):
    with pytest.raises(ZoneNotOffered, match=zone):
        treatments.check_zones([{"zone": zone, "minutes": 10}])


def test_zone_is_offered_once():
    with pytest.raises(ZoneNotOffered, match="twice"):
        treatments.check_zones([{"zone": "ZON-01", "minutes": 10}] * 2)


def test_short_zones_are_offered_later_than_the_whole_treatment():
    def last(treatment):
        return Board(a_situation(treatment=treatment)).times()[-1]["starts_at"]

    assert last(FACE) == MONDAY + timedelta(hours=17)
    assert last(FACE.of(["ZON-10"])) == MONDAY + timedelta(hours=17, minutes=45)


PEN_4 = frozenset({"Pen 4"})


def test_device_of_another_model_is_not_offered_and_the_right_one_is_named():
    treatment = a_treatment(device_models=PEN_4)
    situation = a_situation(treatment=treatment, devices=(a_device(model="Pen 3"),))
    assert Board(situation).reasons(TEN) == ["device_unfit"]
    told = refusals.sentence(situation, TEN, "device_unfit")
    assert told == "The clinic has no Pen 4 that is fit for use."


def test_device_of_the_right_model_is_taken():
    treatment = a_treatment(device_models=PEN_4 | {"Pen 5"})
    pens = (a_device(model="Pen 3"), a_device(id=an_id(6), model="Pen 5"))
    board = Board(a_situation(treatment=treatment, devices=pens))
    assert board.place(TEN).device == pens[1]
    asleep = replace(board.situation, devices=(replace(pens[1], offline=True),), now=TEN)
    assert Board(asleep).reasons(TEN) == ["device_offline"]
    told = refusals.sentence(asleep, TEN, "device_offline")
    assert told == "Every Pen 4 or Pen 5 that is fit for use is off line. Switch one on."


def test_any_model_will_do_unless_the_treatment_says():
    assert Board(a_situation(devices=(a_device(model="Pen 3"),))).reasons(TEN) == []
