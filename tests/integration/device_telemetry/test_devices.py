"""The fleet over HTTP: who may see and change devices, and when they are fit."""

import pytest

from services.device_telemetry.usecases import devices
from shared import clock, db, ids
from tests import people
from tests.integration.device_telemetry.conftest import CALIBRATED

BODY = {"name": "Pen 9", "model": "dermapen-4", "serial": "X-9", **CALIBRATED}


def register(fleet, person=people.ALICE, **changes):
    body = BODY | {"clinic_id": str(people.SOHO.id)} | changes
    return fleet.http.as_(person).post("/v1/devices", json=body)


def test_a_device_is_registered_and_announced(fleet, announced):
    answer = register(fleet)
    assert answer.status_code == 201
    seen = answer.json
    assert (seen["status"], seen["fit"], seen["reasons"]) == ("registered", True, [])
    assert (seen["depth_min_um"], seen["depth_max_um"], seen["tolerance_um"]) == (200, 3000, 100)
    assert seen["time_zone"] == "Europe/London"
    [event] = announced("device_changed")
    assert (event["device_id"], event["fit"], event["name"]) == (seen["id"], True, "Pen 9")


def test_a_device_without_its_limits_is_kept_and_unfit(fleet):
    seen = register(fleet, model="pen-platinum", calibrated_on=None, tolerance_um=None).json
    assert seen["fit"] is False
    assert seen["reasons"] == ["calibration_missing", "depth_limit_missing", "tolerance_missing"]


def test_a_calibration_makes_a_device_fit(fleet, announced):
    device = register(fleet, calibrated_on=None, calibration_due_on=None, tolerance_um=None).json
    path = f"/v1/devices/{device['id']}/calibrations"
    done = {"calibrated_on": "2026-02-01", "due_on": "2199-02-01", "tolerance_um": 80}
    seen = fleet.http.as_(people.ALICE).post(path, json=done).json
    assert (seen["fit"], seen["tolerance_um"]) == (True, 80)
    assert [event["fit"] for event in announced("device_changed")] == [False, True]
    wrong = done | {"due_on": "2026-02-01"}
    answer = fleet.http.as_(people.ALICE).post(path, json=wrong)
    assert (answer.status_code, answer.json["type"].rsplit("/", 1)[1]) == (
        422,
        "calibration-impossible",
    )


def test_a_calibration_that_ends_withdraws_the_device(fleet, announced):
    register(fleet)
    with db.transaction(db.EVERY_CLINIC) as tx:
        devices.withdraw_overdue(tx, clock.now().replace(year=2199, month=1, day=5))
    assert [event["fit"] for event in announced("device_changed")] == [True]
    with db.transaction(db.EVERY_CLINIC) as tx:
        devices.withdraw_overdue(tx, clock.now().replace(year=2199, month=1, day=7))
    [_, overdue] = announced("device_changed")
    assert (overdue["fit"], overdue["reasons"]) == (False, ["calibration_due"])


@pytest.mark.parametrize(
    ("changes", "status", "kind"),
    [
        ({"model": "toy"}, 422, "model-unknown"),
        ({"clinic_id": str(ids.new())}, 404, "not-found"),
        ({"clinic_id": str(people.LISBON.id)}, 404, "not-found"),
        ({"calibrated_on": "2199-01-01"}, 422, "calibration-impossible"),
        ({"tolerance_um": -1}, 422, "invalid"),
        ({"serial": ""}, 422, "invalid"),
        ({"colour": "red"}, 422, "invalid"),
    ],
)
def test_a_registration_that_cannot_be_is_refused_with_its_reason(fleet, changes, status, kind):
    answer = register(fleet, **changes)
    assert (answer.status_code, answer.json["type"].rsplit("/", 1)[1]) == (status, kind)


def test_a_serial_is_registered_once_even_at_another_clinic(fleet):
    assert register(fleet).status_code == 201
    again = register(fleet, people.HANNA, clinic_id=str(people.LISBON.id))
    assert (again.status_code, again.json["type"].rsplit("/", 1)[1]) == (409, "device-registered")


def test_headquarters_hears_that_a_clinic_is_unknown_and_its_manager_to_wait(fleet, rows):
    unknown = register(fleet, people.HANNA, clinic_id=str(ids.new()))
    assert (unknown.status_code, unknown.json["type"].rsplit("/", 1)[1]) == (422, "clinic-unknown")
    new = people.Clinic(ids.new(), "New", "Europe/London")
    manager = people.Person(ids.new(), "Nora", "n@x.example", ("clinic_manager",), (new,))
    waits = register(fleet, manager, clinic_id=str(new.id))
    assert (waits.status_code, waits.headers["Retry-After"]) == (503, "1")


def test_a_clinic_sees_its_own_devices_and_headquarters_all(fleet):
    soho, lisbon = fleet.pen(), fleet.pen(people.LISBON)
    seen = {
        person.name: {
            each["id"] for each in fleet.http.as_(person).get("/v1/devices").json["items"]
        }
        for person in (people.ALICE, people.BOB, people.CHARLIE, people.HANNA, people.ANA)
    }
    both = {str(soho.id), str(lisbon.id)}
    assert seen == {
        "Alice": {str(soho.id)},
        "Bob": {str(soho.id)},
        "Charlie": {str(lisbon.id)},
        "Hanna": both,
        "Ana": both,
    }
    charlie = fleet.http.as_(people.CHARLIE)
    assert charlie.get(f"/v1/devices?clinic_id={people.SOHO.id}").status_code == 404


def test_devices_are_listed_page_by_page_and_by_status(fleet):
    made = [str(fleet.pen().id) for _ in range(5)]
    bob = fleet.http.as_(people.BOB)
    found, path = [], "/v1/devices?limit=2"
    while True:
        page = bob.get(path).json
        found += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        path = f"/v1/devices?limit=2&cursor={page['next']}"
    assert found == made
    assert bob.get("/v1/devices?status=idle").json["items"] == []
    assert len(bob.get("/v1/devices?status=registered").json["items"]) == 5
    assert bob.get("/v1/devices?status=lost").status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("POST", "/credentials", {}),
        ("DELETE", "/credentials", None),
        ("POST", "/retire", None),
        ("POST", "/calibrations", {"calibrated_on": "2026-01-01", "due_on": "2199-01-01"}),
        ("GET", "/gaps", None),
        ("GET", "/set-aside", None),
    ],
)
def test_charlie_finds_nothing_of_sohos_devices(fleet, pen, rows, method, path, body):
    url = f"/v1/devices/{pen.id}{path}"
    answer = fleet.http.as_(people.CHARLIE).open(method, url, json=body)
    assert answer.status_code == 404
    assert answer.json["type"].rsplit("/", 1)[1] == "device-unknown"
    if method != "GET":
        assert fleet.http.as_(people.BOB).open(method, url, json=body).status_code == 403
    valid = rows("SELECT valid_until FROM device_telemetry.credentials")
    assert valid == [{"valid_until": None}]


def test_a_secret_is_shown_once_and_only_its_fingerprint_is_kept(fleet, pen, rows):
    [row] = rows("SELECT * FROM device_telemetry.credentials")
    assert len(pen.secret) >= 43
    assert pen.secret not in str(row)
    shown = fleet.http.as_(people.ALICE).get(f"/v1/devices/{pen.id}")
    assert "secret" not in shown.text


def test_the_same_request_for_a_secret_gives_the_same_secret(fleet, pen):
    ask = {"json": {}, "headers": {"Idempotency-Key": "k-1"}}
    path = f"/v1/devices/{pen.id}/credentials"
    one, two = (fleet.http.as_(people.ALICE).post(path, **ask).json["secret"] for _ in range(2))
    assert one == two != pen.secret


def test_a_retired_device_gets_no_secret_and_no_calibration(fleet, pen):
    alice = fleet.http.as_(people.ALICE)
    for _ in range(2):
        assert alice.post(f"/v1/devices/{pen.id}/retire").json["status"] == "retired"
    for path, body in (
        ("credentials", {}),
        ("calibrations", {"calibrated_on": "2026-01-01", "due_on": "2199-01-01"}),
    ):
        answer = alice.post(f"/v1/devices/{pen.id}/{path}", json=body)
        assert (answer.status_code, answer.json["type"].rsplit("/", 1)[1]) == (
            409,
            "device-retired",
        )


def test_what_no_source_gives_is_null_in_the_models(fleet):
    items = fleet.http.as_(people.ANA).get("/v1/models").json["items"]
    found = {each["key"]: each for each in items}
    assert found["exceed"]["tolerance_um"] == 150
    assert found["pen-platinum"]["depth_max_um"] is None


def test_the_door_answers_nonsense_with_deny(fleet, pen):
    for question in ("user", "vhost", "resource", "topic"):
        for form in (
            {},
            {"username": "\x00", "password": "\x00"},
            {"username": "\u0660" * 32, "client_id": "\u0660" * 32, "vhost": "/"},
            {"username": str(pen.id), "client_id": str(pen.id), "vhost": "other"},
            {"username": str(pen.id), "client_id": str(pen.id), "password": pen.secret},
        ):
            answer = fleet.http.post(f"/broker/{question}", data=form)
            assert (answer.status_code, answer.text) == (200, "deny")


def test_a_calibration_that_measured_no_tolerance_leaves_the_one_that_was_measured(fleet):
    device = register(fleet, tolerance_um=120).json
    alice, path = fleet.http.as_(people.ALICE), f"/v1/devices/{device['id']}/calibrations"
    done = {"calibrated_on": "2026-02-01", "due_on": "2199-02-01"}
    assert alice.post(path, json=done).json["tolerance_um"] == 120
    assert alice.post(path, json=done | {"tolerance_um": 80}).json["tolerance_um"] == 80
    assert alice.post(path, json=done).json["tolerance_um"] == 80


def test_a_way_in_is_ended_only_under_its_own_device(fleet, pen):
    alice, other = fleet.http.as_(people.ALICE), fleet.pen()
    [entry] = alice.get(f"/v1/devices/{other.id}/credentials").json["items"]
    for unknown in (entry["id"], ids.new()):
        answer = alice.delete(f"/v1/devices/{pen.id}/credentials/{unknown}")
        assert answer.status_code == 404
        assert answer.json["type"].endswith("/credential-unknown")
    assert alice.get(f"/v1/devices/{other.id}/credentials").json["items"] == [entry]
