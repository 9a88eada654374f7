"""Charlie manages another clinic: Soho does not exist for him, at the route and in the database."""

import pytest

from shared import db, ids
from tests import people
from tests.integration.booking.conftest import problem


@pytest.fixture
def charlie(api):
    return api("booking").as_(people.CHARLIE)


@pytest.mark.parametrize(
    "rest",
    ["", "/rooms", "/practitioners", "/treatments", "/devices", "/appointments", "/availability"],
)
def test_charlie_reads_nothing_of_soho(charlie, franchise, rest):
    answer = charlie.get(f"/v1/clinics/{franchise.clinic}{rest}")
    assert answer.status_code == 404


def test_charlie_reads_no_single_thing_of_soho(charlie, franchise):
    for noun, found in (
        ("rooms", franchise.room_1),
        ("practitioners", franchise.priya),
        ("treatments", franchise.treatment),
    ):
        assert charlie.get(f"/v1/clinics/{franchise.clinic}/{noun}/{found}").status_code == 404
        assert charlie.get(f"/v1/clinics/{franchise.lisbon}/{noun}/{found}").status_code == 404


def test_charlies_list_of_clinics_holds_his_own(charlie, franchise):
    assert [each["name"] for each in charlie.get("/v1/clinics").json["items"]] == ["Lisbon"]


def test_headquarters_lists_every_clinic_page_by_page(api, franchise):
    hanna = api("booking").as_(people.HANNA)
    first = hanna.get("/v1/clinics?limit=1").json
    assert [each["name"] for each in first["items"]] == ["Lisbon"]
    rest = hanna.get("/v1/clinics", query_string={"limit": 1, "cursor": first["next"]}).json
    assert [each["name"] for each in rest["items"]] == ["Soho"]


def test_charlie_cannot_touch_an_appointment_of_soho(charlie, desk, franchise):
    booked = desk.booked()
    path = f"/v1/appointments/{booked['id']}"
    assert charlie.get(path).status_code == 404
    assert charlie.get(f"{path}/changes").status_code == 404
    moved = {"starts_at": franchise.at("12:00").isoformat()}
    assert charlie.patch(path, json=moved, headers={"If-Match": '"1"'}).status_code == 404
    for step in ("confirm", "cancel", "arrive", "miss", "complete"):
        assert charlie.post(f"{path}/{step}").status_code == 404
    wanted = desk.wanted()
    for noun in ("appointments", "holds"):
        answer = charlie.post(f"/v1/clinics/{franchise.clinic}/{noun}", json=wanted)
        assert answer.status_code == 404
    assert desk.show(booked)["version"] == 1


def test_charlie_cannot_book_sohos_things_at_his_own_clinic(charlie, desk, franchise):
    path = f"/v1/clinics/{franchise.lisbon}/appointments"
    assert problem(charlie.post(path, json=desk.wanted())) == (404, "treatment-unknown")
    wanted = desk.wanted() | {"treatment_id": str(franchise.lisbon_treatment)}
    assert problem(charlie.post(path, json=wanted)) == (404, "client-unknown")


def test_charlie_does_not_learn_when_sohos_client_is_busy(charlie, desk, franchise):
    desk.booked()
    answer = charlie.get(
        f"/v1/clinics/{franchise.lisbon}/availability",
        query_string={
            "treatment_id": franchise.lisbon_treatment,
            "client_id": franchise.client,
            "from": franchise.at("09:00").isoformat(),
            "to": franchise.at("18:00").isoformat(),
        },
    )
    assert problem(answer) == (404, "client-unknown")


def test_database_hides_soho_from_lisbons_scope(desk, franchise):
    desk.booked()
    tables = [
        "clinics",
        "opening_hours",
        "practitioners",
        "rotas",
        "rooms",
        "devices",
        "treatments",
        "clients",
        "appointments",
        "appointment_changes",
    ]
    for table in tables:
        count = f"SELECT count(*) AS n FROM booking.{table}"
        own = "id" if table == "clinics" else "clinic_id"
        soho = f"{count} WHERE {own} = '{franchise.clinic}'"
        with db.transaction(db.Scope.of([franchise.lisbon])) as tx:
            assert tx.one(soho)["n"] == 0, table
        with db.transaction(db.Scope.of([franchise.clinic])) as tx:
            assert tx.one(soho)["n"] > 0, table


@pytest.mark.parametrize(
    ("person", "allowed"),
    [(people.HANNA, True), (people.ALICE, False), (people.BOB, False), (people.ANA, False)],
)
def test_only_headquarters_opens_clinics(api, franchise, person, allowed):
    wanted = {
        "name": "Porto",
        "time_zone": "Europe/Lisbon",
        "jurisdiction": "PT",
        "hours": [{"weekday": 1, "opens": "09:00", "closes": "24:00"}],
    }
    answer = api("booking").as_(person).post("/v1/clinics", json=wanted)
    assert answer.status_code == (201 if allowed else 403)


def test_headquarters_sees_no_appointments(api, desk, franchise):
    booked = desk.booked()
    hanna = api("booking").as_(people.HANNA)
    assert hanna.get(f"/v1/appointments/{booked['id']}").status_code == 403


def test_manager_keeps_the_catalogue_and_the_desk_does_not(api, franchise):
    room = {"name": "Room 3", "turnover_minutes": 10}
    path = f"/v1/clinics/{franchise.clinic}/rooms"
    assert api("booking").as_(people.BOB).post(path, json=room).status_code == 403
    made = api("booking").as_(people.ALICE).post(path, json=room)
    assert made.status_code == 201
    assert made.json["kind"] == "treatment"
    gone = f"{path}/{ids.new()}"
    alice = api("booking").as_(people.ALICE)
    assert problem(alice.patch(gone, json={}, headers={"If-Match": "*"})) == (404, "room-unknown")
