"""Clinics, practitioners, rooms and treatments: what managers and headquarters keep."""

import pytest

from shared import db, ids
from tests import people
from tests.integration.booking.conftest import NINE_TO_SIX, a_practitioner, a_treatment, problem

TOLD = "SELECT data FROM booking.outbox WHERE type = %(type)s ORDER BY position DESC LIMIT 1"


def told(name):
    with db.transaction(db.EVERY_CLINIC) as tx:
        return tx.one(TOLD, {"type": name})["data"]


@pytest.fixture
def alice(api, franchise):
    return api("booking").as_(people.ALICE)


@pytest.fixture
def hanna(api, franchise):
    return api("booking").as_(people.HANNA)


def new_clinic(**changes):
    return {
        "name": "Porto",
        "time_zone": "Europe/Lisbon",
        "jurisdiction": "PT",
        "hours": NINE_TO_SIX,
    } | changes


def test_new_clinic_is_announced(hanna):
    made = hanna.post("/v1/clinics", json=new_clinic())
    assert made.status_code == 201
    assert made.json["hours"] == NINE_TO_SIX
    assert made.json["step_minutes"] == 15
    event = told("booking.clinic_changed.v1")
    assert event["clinic_id"] == made.json["id"]
    assert event["daily_capacity_minutes"] == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"time_zone": "Europe/Atlantis"},
        {"jurisdiction": "Portugal"},
        {"name": ""},
        {"phone": "12345"},
        {"email": "nobody"},
        {"hours": [{"weekday": 8, "opens": "09:00", "closes": "18:00"}]},
        {"hours": [{"weekday": 1, "opens": "9", "closes": "18:00"}]},
        {"hours": [{"weekday": 1, "opens": "18:00", "closes": "09:00"}]},
        {"hours": [{"weekday": 1, "opens": "09:00", "closes": "24:01"}]},
        {
            "hours": [
                {"weekday": 1, "opens": "09:00", "closes": "13:00"},
                {"weekday": 1, "opens": "12:00", "closes": "18:00"},
            ]
        },
        {"step_minutes": 0},
        {"owner": "me"},
    ],
)
def test_clinic_that_cannot_be_is_refused(hanna, changes):
    assert hanna.post("/v1/clinics", json=new_clinic(**changes)).status_code == 422
    names = [each["name"] for each in hanna.get("/v1/clinics").json["items"]]
    assert names == ["Lisbon", "Soho"]


def test_changed_hours_count_at_once(hanna, desk, franchise):
    path = f"/v1/clinics/{franchise.clinic}"
    assert hanna.get(path).headers["ETag"] == '"1"'
    none = {"hours": []}
    assert hanna.patch(path, json=none, headers={"If-Match": '"1"'}).json["version"] == 2
    assert problem(desk.book()) == (422, "outside-hours")
    assert hanna.patch(path, json=none, headers={"If-Match": '"1"'}).status_code == 412
    assert hanna.patch(path, json=none).status_code == 428


def test_closed_clinic_takes_no_bookings(hanna, desk, franchise):
    path = f"/v1/clinics/{franchise.clinic}"
    hanna.patch(path, json={"active": False}, headers={"If-Match": '"1"'})
    assert problem(desk.book()) == (409, "clinic-closed")


def test_capacity_follows_the_practitioners(alice, franchise):
    person = ids.new()
    wanted = a_practitioner(str(person), "Wren", valid_until="2099-12-31")
    path = f"/v1/clinics/{franchise.clinic}/practitioners"
    assert alice.post(path, json=wanted).status_code == 201
    assert told("booking.clinic_changed.v1")["daily_capacity_minutes"] == 3 * 540
    assert told("booking.practitioner_changed.v1")["practitioner_id"] == str(person)
    assert problem(alice.post(path, json=wanted)) == (409, "practises-already")
    gone = alice.patch(f"{path}/{person}", json={"active": False}, headers={"If-Match": '"1"'})
    assert gone.json["active"] is False
    assert told("booking.clinic_changed.v1")["daily_capacity_minutes"] == 2 * 540


@pytest.mark.parametrize(
    "changes",
    [
        {"credential": "physiotherapist"},
        {"max_depth_face_um": 500},
        {"max_depth_face_um": None},
        {"valid_until": None},
        {"valid_until": "2020-01-01"},
    ],
)
def test_credential_that_does_not_cover_the_treatment_blocks(alice, desk, franchise, changes):
    path = f"/v1/clinics/{franchise.clinic}/practitioners/{franchise.priya}"
    assert alice.patch(path, json=changes, headers={"If-Match": '"1"'}).status_code == 200
    refused = desk.book(practitioner_id=franchise.priya)
    assert problem(refused) == (422, "credential-missing")
    assert "Priya" in refused.json["detail"]


@pytest.mark.parametrize("thing", ["room_1", "pen_1", "client"])
def test_nothing_but_a_person_can_be_made_a_practitioner(alice, franchise, thing):
    wanted = a_practitioner(str(getattr(franchise, thing)), "Wren", valid_until="2099-12-31")
    answer = alice.post(f"/v1/clinics/{franchise.clinic}/practitioners", json=wanted)
    assert problem(answer) == (404, "practitioner-unknown")


def test_practitioner_is_not_offered_outside_their_own_hours(alice, desk, franchise):
    path = f"/v1/clinics/{franchise.clinic}/practitioners/{franchise.priya}"
    alice.patch(path, json={"hours": []}, headers={"If-Match": '"1"'})
    refused = desk.book(practitioner_id=franchise.priya)
    assert problem(refused) == (422, "outside-hours")
    assert refused.json["detail"].startswith("Priya does not work at 10:00 on ")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"interval_days": 27}, "interval-too-short"),
        ({"indication": "IND-11"}, "indication-not-offered"),
        ({"currency": None}, "price-incomplete"),
        ({"credentials": []}, "invalid"),
        ({"depth_um": 0}, "invalid"),
        ({"duration_minutes": 1}, "invalid"),
    ],
)
def test_treatment_against_the_clinical_rules_is_refused(alice, franchise, changes, kind):
    path = f"/v1/clinics/{franchise.clinic}/treatments"
    assert problem(alice.post(path, json=a_treatment(**changes))) == (422, kind)
    assert alice.post(path, json=a_treatment()).json["recovery_group"] == "face"


def test_treatment_that_is_offered_no_longer_cannot_be_booked(alice, desk, franchise):
    path = f"/v1/clinics/{franchise.clinic}/treatments/{franchise.treatment}"
    assert alice.get(path).json["interval_days"] == 28
    short = alice.patch(path, json={"interval_days": 7}, headers={"If-Match": '"1"'})
    assert problem(short) == (422, "interval-too-short")
    gone = alice.patch(path, json={"active": False}, headers={"If-Match": '"1"'})
    assert gone.json["version"] == 2
    assert problem(desk.book()) == (404, "treatment-unknown")


def test_lists_show_what_the_clinic_has(desk, franchise):
    for noun, names in (
        ("rooms", ["Room 1", "Room 2"]),
        ("practitioners", ["Noor", "Priya"]),
        ("treatments", ["Acne scars, face", "Texture"]),
        ("devices", ["Pen 1", "Pen 2"]),
    ):
        page = desk.client.get(f"/v1/clinics/{franchise.clinic}/{noun}").json
        assert [each["name"] for each in page["items"]] == names
        assert page["next"] is None


def test_device_that_moves_to_another_clinic_is_bookable_there_only(desk, franchise):
    franchise.pen(franchise.pen_1, franchise.lisbon, name="Pen 1")
    page = desk.client.get(f"/v1/clinics/{franchise.clinic}/devices").json
    assert [each["name"] for each in page["items"]] == ["Pen 2"]


def test_late_news_of_a_device_never_overwrites_newer_news(desk, franchise):
    franchise.pen(franchise.pen_1, name="Pen 1", fit=False, changed_at="2020-01-01T00:00:00Z")
    page = desk.client.get(f"/v1/clinics/{franchise.clinic}/devices").json
    assert [each["fit"] for each in page["items"]] == [True, True]
