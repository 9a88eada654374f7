"""Booking: everything at once, or nothing and the reason."""

from datetime import timedelta

import pytest

from shared import ids
from tests import people
from tests.integration.booking.conftest import problem


def test_booking_takes_practitioner_room_and_device_and_announces_it(desk, franchise, outbox):
    answer = desk.book()

    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    booked = answer.json
    assert booked["status"] == "booked"
    assert booked["screening"] == "pending"
    assert booked["time_zone"] == "Europe/London"
    assert booked["practitioner_name"] == "Noor"
    assert booked["device_id"] in {str(franchise.pen_1), str(franchise.pen_2)}
    [event] = outbox()
    assert event["type"] == "booking.appointment_booked.v1"
    assert event["data"]["appointment_id"] == booked["id"]
    assert event["data"]["changed_by"] == str(people.BOB.id)
    assert event["data"]["indication"] == "IND-01"


def test_second_client_at_the_same_time_gets_the_other_practitioner_room_and_pen(desk, franchise):
    first, second = desk.booked(), desk.booked(client_id=franchise.other)
    for what in ("practitioner_id", "room_id", "device_id"):
        assert first[what] != second[what]


def test_third_client_at_the_same_time_is_told_that_everybody_is_busy(desk, franchise):
    desk.booked()
    desk.booked(client_id=franchise.other)
    answer = desk.book(client_id=franchise.a_client())
    assert problem(answer) == (409, "practitioner-busy")
    assert "10:00 on " in answer.json["detail"]
    assert set(answer.json["reasons"]) == {"practitioner_busy", "room_held", "device_busy"}


def test_practitioner_asked_for_by_name_is_busy(desk, franchise):
    desk.booked(practitioner_id=franchise.priya)
    answer = desk.book(practitioner_id=franchise.priya, client_id=franchise.other)
    assert problem(answer) == (409, "practitioner-busy")
    assert answer.json["detail"].startswith("Priya is busy at 10:00")


def test_overlapping_half_an_hour_is_refused_and_the_next_hour_is_free(desk, franchise):
    desk.booked(practitioner_id=franchise.priya)
    later = franchise.other
    half = desk.book("10:30", practitioner_id=franchise.priya, client_id=later)
    assert problem(half) == (409, "practitioner-busy")
    desk.booked("11:00", practitioner_id=franchise.priya, client_id=later)


def test_client_cannot_be_in_two_places(desk, franchise):
    desk.booked()
    answer = desk.book(treatment_id=franchise.peel)
    assert problem(answer) == (409, "client-busy")


@pytest.mark.parametrize(
    ("at", "days", "kind"),
    [
        ("10:00", -1, "in-the-past"),
        ("10:00", 366, "too-far-ahead"),
        ("08:00", 7, "outside-hours"),
        ("17:30", 7, "outside-hours"),
        ("10:07", 7, "between-steps"),
    ],
)
def test_time_that_cannot_be_is_refused_with_its_reason(desk, at, days, kind):
    assert problem(desk.book(at, days)) == (422, kind)


def test_unknown_treatment_client_or_practitioner_is_not_found(desk, franchise):
    assert problem(desk.book(treatment_id=ids.new())) == (404, "treatment-unknown")
    assert problem(desk.book(client_id=franchise.clinic)) == (404, "client-unknown")
    assert problem(desk.book(practitioner_id=ids.new())) == (404, "practitioner-unknown")


def test_client_of_another_clinic_is_unknown_here(desk, franchise):
    foreign = franchise.a_client(franchise.lisbon)
    assert problem(desk.book(client_id=foreign)) == (404, "client-unknown")


def test_same_key_gives_the_same_appointment(desk, franchise, outbox):
    first, again = desk.book(key="a-key"), desk.book(key="a-key")
    assert first.json == again.json
    assert len(outbox()) == 1
    assert problem(desk.book("11:00", key="a-key"))[0] == 422


def test_local_time_is_the_clinics(hands, desk, franchise):
    wanted = desk.wanted() | {"starts_local": "2030-06-03T10:00"}
    del wanted["starts_at"]
    path = f"/v1/clinics/{franchise.clinic}/appointments"
    assert desk.client.post(path, json=wanted).json["starts_at"] == "2030-06-03T09:00:00Z"
    gap = wanted | {"starts_local": "2030-03-31T01:30"}
    assert problem(desk.client.post(path, json=gap)) == (422, "time-does-not-exist")


def test_list_shows_a_day_in_order_page_by_page(desk, franchise):
    third = desk.booked("15:00", client_id=franchise.a_client())
    first = desk.booked("09:00")
    second = desk.booked("11:00", client_id=franchise.other)
    query = {
        "from": franchise.at("00:00").isoformat(),
        "to": (franchise.at("00:00") + timedelta(days=1)).isoformat(),
        "limit": 2,
    }
    path = f"/v1/clinics/{franchise.clinic}/appointments"
    page = desk.client.get(path, query_string=query).json
    assert [each["id"] for each in page["items"]] == [first["id"], second["id"]]
    rest = desk.client.get(path, query_string=query | {"cursor": page["next"]}).json
    assert [each["id"] for each in rest["items"]] == [third["id"]]
    assert rest["next"] is None
    none = desk.client.get(path, query_string=query | {"status": "cancelled"}).json
    assert none["items"] == []


def test_pen_that_goes_unfit_withdraws_its_times(desk, franchise):
    for pen in (franchise.pen_1, franchise.pen_2):
        franchise.pen(pen, fit=False, reasons=["calibration_due"])
    assert problem(desk.book()) == (409, "device-unfit")
    franchise.pen(franchise.pen_2)
    assert desk.booked()["device_id"] == str(franchise.pen_2)


def test_sleeping_pen_is_bookable_for_next_week(desk, franchise):
    for pen in (franchise.pen_1, franchise.pen_2):
        franchise.pen(pen, status="offline")
    assert desk.booked()["status"] == "booked"


def test_room_stays_taken_while_it_is_cleaned(desk, franchise, api):
    alice = api("booking").as_(people.ALICE)
    room = f"/v1/clinics/{franchise.clinic}/rooms/"
    changes = {"turnover_minutes": 15}
    done = alice.patch(f"{room}{franchise.room_1}", json=changes, headers={"If-Match": '"1"'})
    assert done.status_code == 200
    gone = {"active": False}
    alice.patch(f"{room}{franchise.room_2}", json=gone, headers={"If-Match": '"1"'})
    desk.booked()
    answer = desk.book("11:00", client_id=franchise.other)
    assert problem(answer) == (409, "room-held")
    assert "Room 1 is taken" in answer.json["detail"]
    desk.booked("11:15", client_id=franchise.other)
