"""The waiting list by link: asking to be told of an earlier place, and answering an offer."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import pytest

from shared import links
from shared.links import Link
from tests import people
from tests.integration.booking.conftest import problem
from tests.integration.booking.links.conftest import link


def offered(entry, offer):
    """Return the address of an offer's link."""
    ends = datetime.fromisoformat(offer["expires_at"])
    said = Link("offer", UUID(offer["id"]), UUID(entry["clinic_id"]), 0, ends)
    return f"/v1/links/{links.mint(said)}"


def waiting(desk):
    path = f"/v1/clinics/{desk.franchise.clinic}/waiting-list"
    return desk.client.get(path, query_string={"status": "waiting"}).json["items"]


@pytest.fixture
def offer(line, taken, three):
    """The place of `taken` is kept for the first in line."""
    line.cancel(taken)
    line.turn()
    return line.offer(three[0])


def test_a_client_asks_to_be_told_of_an_earlier_place_once(phone, desk, booked):
    path = link(booked, "earlier")
    assert phone.get(path).json["may"] is True
    for _ in range(2):
        answer = phone.post(f"{path}/wait")
        assert answer.status_code == 200, answer.json
        assert (answer.json["done"], answer.json["may"]) == (True, False)
    assert answer.json["status"] == "booked"
    [entry] = waiting(desk)
    assert entry["appointment_id"] == booked["id"]
    assert entry["practitioner_id"] == booked["practitioner_id"]
    assert entry["until_day"] == booked["starts_at"][:10]
    assert desk.show(booked) == booked


def test_asking_several_times_at_once_is_asking_once(phone, desk, booked):
    path = f"{link(booked, 'earlier')}/wait"
    assert phone.app
    for _ in range(5):
        gate = threading.Barrier(6)

        def click(_, gate=gate):
            gate.wait()
            return phone.post(path).status_code

        with ThreadPoolExecutor(6) as devices:
            assert set(devices.map(click, range(6))) == {200}
        [entry] = waiting(desk)
        tag = {"If-Match": f'"{entry["version"]}"'}
        gone = desk.client.delete(f"/v1/waiting-list/{entry['id']}", headers=tag)
        assert gone.status_code == 204


def test_who_waits_by_link_waits_for_the_zones_of_the_appointment(phone, desk, franchise, api):
    zones = [{"zone": "ZON-08", "minutes": 25}, {"zone": "ZON-10", "minutes": 15}]
    path = f"/v1/clinics/{franchise.clinic}/treatments/{franchise.treatment}"
    manager = api("booking").as_(people.ALICE)
    manager.patch(path, json={"zone_minutes": zones}, headers={"If-Match": '"1"'})
    wanted = desk.wanted() | {"zones": ["ZON-10"]}
    booked = desk.client.post(f"/v1/clinics/{franchise.clinic}/appointments", json=wanted).json
    assert phone.post(f"{link(booked, 'earlier')}/wait").status_code == 200
    [entry] = waiting(desk)
    assert entry["zones"] == booked["zones"] == ["ZON-10"]


def test_an_earlier_place_is_offered_and_taken_by_link(phone, desk, line, franchise):
    taken = desk.booked("10:00", days=3, client_id=franchise.other, practitioner_id=franchise.priya)
    later = desk.booked("10:00", days=9, practitioner_id=franchise.priya)
    assert phone.post(link(later, "earlier") + "/wait").status_code == 200
    [entry] = waiting(desk)
    line.turn()
    offer = line.offer(entry)
    answer = phone.post(offered(entry, offer) + "/accept")
    assert (answer.status_code, answer.json["status"]) == (200, "accepted")
    moved = desk.show(later)
    assert moved["starts_at"] == offer["starts_at"] < later["starts_at"]
    assert phone.get(link(later, "earlier")).json["type"].endswith("/link-used")
    assert desk.show(taken) == taken


def test_an_offer_shows_what_is_kept_and_until_when(phone, line, three, offer):
    answer = phone.get(offered(three[0], offer))
    assert answer.status_code == 200, answer.json
    shown = answer.json
    assert (shown["starts_at"], shown["until"]) == (offer["starts_at"], offer["expires_at"])
    assert (shown["status"], shown["may"], shown["done"]) == ("open", True, False)
    assert "Priya" not in answer.text
    assert line.offer(three[0]) == offer, "looking answers nothing"


def test_an_offer_is_taken_once_however_often_it_is_clicked(phone, desk, line, three, offer):
    path = offered(three[0], offer)
    for _ in range(2):
        answer = phone.post(f"{path}/accept")
        assert answer.status_code == 200, answer.json
        assert (answer.json["status"], answer.json["done"]) == ("accepted", True)
    assert problem(phone.post(f"{path}/decline")) == (409, "link-used")
    assert desk.show(offer)["client_id"] == three[0]["client_id"]
    assert line.statuses(*three) == ["booked", "waiting", "waiting"]


def test_an_offer_that_is_declined_goes_to_the_next(phone, line, three, offer):
    path = offered(three[0], offer)
    for _ in range(2):
        answer = phone.post(f"{path}/decline")
        assert (answer.status_code, answer.json["status"]) == (200, "declined")
    assert problem(phone.post(f"{path}/accept")) == (409, "link-used")
    line.turn()
    assert line.statuses(*three) == ["waiting", "offered", "waiting"]


def test_an_offers_link_ends_with_the_offer(phone, hands, line, three, offer):
    path = offered(three[0], offer)
    hands.on(minutes=31)
    for answer in (phone.get(path), phone.post(f"{path}/accept")):
        assert problem(answer) == (409, "link-expired")
    line.turn()
    assert line.statuses(*three) == ["waiting", "offered", "waiting"]


def test_an_offer_taken_away_says_so(phone, line, three, offer):
    path = offered(three[0], offer)
    line.withdraw(three[0])
    shown = phone.get(path).json
    assert (shown["status"], shown["may"]) == ("withdrawn", False)
    assert shown["why_not"] == "This place is kept for you no longer."
    assert problem(phone.post(f"{path}/accept")) == (409, "link-used")


def test_who_may_not_be_treated_is_not_put_on_the_list_and_not_told_why(
    phone, desk, line, franchise, booked
):
    line.screened("refuse")
    answer = phone.post(link(booked, "earlier") + "/wait")
    assert problem(answer) == (409, "cannot-wait")
    assert "screening" not in answer.text
    assert waiting(desk) == []


def test_an_appointments_id_is_no_offer(phone, booked):
    ends = datetime.fromisoformat(booked["starts_at"])
    said = Link("offer", UUID(booked["id"]), UUID(booked["clinic_id"]), 0, ends)
    assert problem(phone.get(f"/v1/links/{links.mint(said)}")) == (404, "link-invalid")
