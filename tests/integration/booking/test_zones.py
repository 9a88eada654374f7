"""Booking a treatment by zones, and with a certain model of device."""

from datetime import datetime, timedelta

import pytest

from services.booking.domain.changes import Change
from services.booking.usecases import appointments, treatments
from services.booking.usecases.appointments import Move
from shared import clock, db
from tests import people
from tests.integration.booking.conftest import a_treatment, problem
from tests.integration.booking.course_desk import Courses
from tests.integration.booking.test_visits import take_in

ZONES = [{"zone": "ZON-08", "minutes": 25}, {"zone": "ZON-10", "minutes": 15}]


@pytest.fixture
def alice(api, franchise):
    return api("booking").as_(people.ALICE)


@pytest.fixture
def path(franchise):
    return f"/v1/clinics/{franchise.clinic}/treatments/{franchise.treatment}"


@pytest.fixture
def zoned(alice, path):
    changed = alice.patch(path, json={"zone_minutes": ZONES}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json["zone_minutes"]) == (200, ZONES)


def book(desk, zones, at="10:00", **more):
    wanted = desk.wanted(at) | {"zones": zones} | more
    return desk.client.post(f"/v1/clinics/{desk.franchise.clinic}/appointments", json=wanted)


def minutes(told):
    length = datetime.fromisoformat(told["ends_at"]) - datetime.fromisoformat(told["starts_at"])
    return length.total_seconds() / 60


def test_zones_decide_how_long_an_appointment_takes(desk, franchise, outbox, zoned):
    booked = book(desk, ["ZON-10", "ZON-08"])
    assert booked.status_code == 201, booked.json
    assert (minutes(booked.json), booked.json["zones"]) == (40, ["ZON-08", "ZON-10"])
    assert outbox()[-1]["data"]["zones"] == ["ZON-08", "ZON-10"]
    assert desk.show(booked.json)["zones"] == ["ZON-08", "ZON-10"]
    whole = desk.booked("12:00", client_id=franchise.other)
    assert (minutes(whole), whole["zones"]) == (60, [])


def test_moving_keeps_the_zones(desk, franchise, zoned):
    booked = book(desk, ["ZON-10"]).json
    moved = desk.move(booked, starts_at=franchise.at("15:00").isoformat())
    assert (moved.status_code, minutes(moved.json), moved.json["zones"]) == (200, 15, ["ZON-10"])
    with db.transaction(db.EVERY_CLINIC) as tx:
        current = appointments.find(tx, booked["id"], lock=True)
        to = Move(franchise.at("16:00"))
        again = appointments.move(tx, current, to, Change(None, clock.now()))
    assert again["zones"] == ["ZON-10"]


def test_times_are_listed_for_the_zones(desk, zoned):
    assert len(desk.times()["times"]) == 33
    assert len(desk.times(zones="ZON-10")["times"]) == 36
    assert len(desk.times(zones="ZON-10,ZON-08")["times"]) == 34


def test_longer_zones_see_what_comes_after(alice, desk, franchise, path):
    """The zones take longer than the treatment says, so that later appointments matter."""
    hours = {"zone_minutes": [{"zone": "ZON-01", "minutes": 300}]}
    alice.patch(path, json=hours, headers={"If-Match": '"1"'})
    desk.booked("14:30")
    refused = book(desk, ["ZON-01"], "10:00")
    assert problem(refused) == (409, "client-busy")


def test_hold_keeps_its_zones(desk, franchise, zoned):
    wanted = desk.wanted() | {"zones": ["ZON-10"]}
    held = desk.client.post(f"/v1/clinics/{franchise.clinic}/holds", json=wanted).json
    assert (minutes(held), held["zones"]) == (15, ["ZON-10"])
    other = book(desk, ["ZON-08"], hold_id=held["id"])
    assert problem(other) == (422, "hold-differs")
    booked = desk.book(hold_id=held["id"])
    assert (booked.status_code, booked.json["zones"]) == (201, ["ZON-10"])
    assert minutes(booked.json) == 15


@pytest.mark.parametrize(
    ("zones", "kind"),
    [(["ZON-13"], "zone-not-offered"), (["cheek"], "invalid"), (["ZON-08"] * 18, "invalid")],
)
def test_zone_that_is_not_offered_is_refused(desk, zoned, zones, kind):
    assert problem(book(desk, zones)) == (422, kind)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"zone_minutes": [{"zone": "ZON-04", "minutes": 20}]}, "zone-not-offered"),
        ({"zone_minutes": ZONES * 2}, "zone-not-offered"),
        ({"zone_minutes": [{"zone": "ZON-08", "minutes": 0}]}, "invalid"),
        ({"device_models": [""]}, "invalid"),
    ],
)
def test_treatment_that_cannot_be_right_is_refused(alice, path, changes, kind):
    answer = alice.patch(path, json=changes, headers={"If-Match": '"1"'})
    assert problem(answer) == (422, kind)
    listing = path.rsplit("/", 1)[0]
    assert problem(alice.post(listing, json=a_treatment() | changes)) == (422, kind)


def test_treatment_takes_a_pen_of_the_model_it_needs(alice, desk, franchise, path):
    franchise.pen(franchise.pen_1, name="Pen 1", model="Pen 5")
    needs = {"device_models": ["Pen 5"]}
    assert alice.patch(path, json=needs, headers={"If-Match": '"1"'}).status_code == 200
    assert desk.booked()["device_id"] == str(franchise.pen_1)
    alice.patch(path, json={"device_models": ["Pen 9"]}, headers={"If-Match": '"2"'})
    refused = desk.book("14:00", client_id=franchise.other)
    assert problem(refused) == (409, "device-unfit")
    assert refused.json["detail"] == "The clinic has no Pen 9 that is fit for use."


def test_treatments_made_without_zones_have_none(franchise):
    with db.transaction(db.EVERY_CLINIC) as tx:
        found = treatments.find(tx, franchise.clinic, franchise.treatment)
    assert (found["zone_minutes"], found["device_models"]) == ([], [])


def test_every_session_of_a_course_treats_its_zones_and_keeps_them_when_the_course_moves(
    desk, api, zoned
):
    course = Courses(desk, api)
    planned = course.ask(zones=["ZON-10"], dry_run=True).json
    assert [minutes(each) for each in planned["sessions"]] == [15, 15, 15]
    booked = course.booked(zones=["ZON-10"])
    assert [minutes(each) for each in booked["sessions"]] == [15, 15, 15]
    first = booked["sessions"][0]["appointment"]
    later = desk.franchise.at("10:00", 8).isoformat()
    moved = desk.move(first, starts_at=later, course="shift").json
    assert len(moved["moved_along"]) == 2
    for each in (moved, *moved["moved_along"]):
        assert (each["zones"], minutes(each)) == (["ZON-10"], 15)
    refused = course.ask(zones=["ZON-01"], client_id=str(desk.franchise.other))
    assert problem(refused) == (422, "zone-not-offered")


def test_a_walk_in_is_treated_where_they_ask_for(franchise, zoned):
    taken = take_in(franchise, franchise.at("10:10"), zones=["ZON-10"])
    assert taken["zones"] == ["ZON-10"]
    assert taken["ends_at"] - taken["starts_at"] == timedelta(minutes=15)
