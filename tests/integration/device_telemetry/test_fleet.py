"""What people do to devices over HTTP: services, firmware, retirement, and what the list shows."""

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from time import perf_counter

import psycopg2
import pytest

from deploy.devicekit.wire import as_json
from services.device_telemetry.store import devices as store
from services.device_telemetry.usecases import days, devices, firmware
from shared import clock, db, ids
from tests import people
from tests.integration.device_telemetry.conftest import CALIBRATED, just_now
from tests.integration.device_telemetry.readings import a_batch, arrive
from tests.integration.device_telemetry.sayings import is_gone, is_on_line, says

SERVICED = {"serviced_on": "2026-01-05", "due_on": "2199-01-05", "note": "New motor"}
BAD = {"model": "dermapen-4", "version": "2.1.0", "reason": "The motor does not stop."}


def kind_of(answer):
    return answer.json["type"].rsplit("/", 1)[1]


def shown(fleet, pen, person=people.ALICE):
    return fleet.http.as_(person).get(f"/v1/devices/{pen.id}").json


def note(fleet, pen, **changes):
    path = f"/v1/devices/{pen.id}/services"
    return fleet.http.as_(people.ALICE).post(path, json=SERVICED | changes)


def test_a_service_is_noted_with_whoever_noted_it(fleet, pen):
    seen = note(fleet, pen).json
    assert (seen["serviced_on"], seen["service_due_on"]) == ("2026-01-05", "2199-01-05")
    assert (seen["fit"], seen["version"]) == (True, 2)
    [entry] = fleet.http.as_(people.BOB).get(f"/v1/devices/{pen.id}/services").json["items"]
    assert (entry["note"], entry["noted_by"]) == ("New motor", str(people.ALICE.id))


def test_a_service_that_is_overdue_withdraws_the_device_until_the_next(fleet, pen, announced):
    note(fleet, pen, due_on="2190-01-05")
    with db.transaction(db.EVERY_CLINIC) as tx:
        devices.withdraw_overdue(tx, clock.now().replace(year=2190, month=1, day=5))
    assert [each["fit"] for each in announced("device_changed")] == [True]
    with db.transaction(db.EVERY_CLINIC) as tx:
        devices.withdraw_overdue(tx, clock.now().replace(year=2190, month=1, day=7))
    overdue = announced("device_changed")[-1]
    assert (overdue["fit"], overdue["reasons"]) == (False, ["service_due"])
    assert note(fleet, pen).json["fit"] is True
    assert announced("device_changed")[-1]["fit"] is True


def test_an_older_service_entered_late_takes_no_date_back(fleet, pen):
    note(fleet, pen)
    seen = note(fleet, pen, serviced_on="2024-01-05", due_on="2025-01-05").json
    assert (seen["service_due_on"], seen["fit"], seen["version"]) == ("2199-01-05", True, 2)
    path = f"/v1/devices/{pen.id}/services?limit=1"
    page = fleet.http.as_(people.BOB).get(path).json
    assert page["items"][0]["serviced_on"] == "2024-01-05"
    assert page["next"]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"serviced_on": "2199-01-01"}, "service-impossible"),
        ({"due_on": "2026-01-05"}, "service-impossible"),
        ({"due_on": None}, "invalid"),
        ({"note": "\x00"}, "invalid"),
    ],
)
def test_a_service_that_cannot_be_is_refused_with_its_reason(fleet, pen, rows, changes, kind):
    answer = note(fleet, pen, **changes)
    assert (answer.status_code, kind_of(answer)) == (422, kind)
    assert rows("SELECT id FROM device_telemetry.device_services") == []


def test_the_same_request_notes_a_service_once(fleet, pen):
    path, ask = (
        f"/v1/devices/{pen.id}/services",
        {"json": SERVICED, "headers": {"Idempotency-Key": "s-1"}},
    )
    alice = fleet.http.as_(people.ALICE)
    assert [alice.post(path, **ask).status_code for _ in range(2)] == [200, 200]
    assert len(alice.get(path).json["items"]) == 1


def test_a_home_unit_is_not_registered(fleet):
    body = {"clinic_id": str(people.SOHO.id), "name": "Pen", "model": "dermapen-4", **CALIBRATED}
    answer = fleet.http.as_(people.ALICE).post("/v1/devices", json=body | {"serial": "4AH-0012"})
    assert (answer.status_code, kind_of(answer)) == (422, "device-not-for-clinics")


def test_nobody_renames_a_device_that_has_changed_meanwhile(fleet, pen, announced):
    alice, path = fleet.http.as_(people.ALICE), f"/v1/devices/{pen.id}"
    read = alice.get(path)
    assert alice.patch(path, json={"name": "Pen A"}).status_code == 428
    tag = {"If-Match": read.headers["ETag"]}
    renamed = alice.patch(path, json={"name": "Pen A"}, headers=tag)
    assert (renamed.status_code, renamed.json["name"]) == (200, "Pen A")
    assert renamed.headers["ETag"] == f'"{renamed.json["version"]}"'
    again = alice.patch(path, json={"name": "Pen B"}, headers=tag)
    assert (again.status_code, kind_of(again)) == (412, "changed-meanwhile")
    assert [each["name"] for each in announced("device_changed")] == ["Pen 1", "Pen A"]


def test_what_the_device_says_makes_no_new_version_and_is_always_shown(fleet, pen):
    alice, path = fleet.http.as_(people.ALICE), f"/v1/devices/{pen.id}"
    read = alice.get(path)
    is_on_line(pen, firmware="2.0.0")
    later = alice.get(path, headers={"If-None-Match": read.headers["ETag"]})
    assert (later.status_code, later.json["version"]) == (200, read.json["version"])
    assert (later.json["status"], later.json["online"], later.json["firmware"]) == (
        "idle",
        True,
        "2.0.0",
    )


def test_of_two_people_with_the_same_version_one_renames(fleet, pen):
    path = f"/v1/devices/{pen.id}"
    for turn in range(10):
        version = shown(fleet, pen)["version"]

        def rename(name, version=version):
            alice = fleet.client("device_telemetry").as_(people.ALICE)
            headers = {"If-Match": f'"{version}"'}
            return alice.patch(path, json={"name": name}, headers=headers).status_code

        with ThreadPoolExecutor(2) as pool:
            codes = sorted(pool.map(rename, (f"A{turn}", f"B{turn}")))
        assert codes == [200, 412]


def test_withdrawn_firmware_makes_each_device_that_runs_it_unfit(fleet, announced):
    soho, lisbon, other = fleet.pen(), fleet.pen(people.LISBON), fleet.pen()
    for pen, version in ((soho, "2.1.0"), (lisbon, "2.1.0"), (other, "2.2.0")):
        is_on_line(pen, firmware=version)
    hanna = fleet.http.as_(people.HANNA)
    made = hanna.post("/v1/withdrawn-firmware", json=BAD)
    assert made.status_code == 201
    for pen, person in ((soho, people.ALICE), (lisbon, people.CHARLIE)):
        assert shown(fleet, pen, person)["reasons"] == ["firmware_withdrawn"]
    assert shown(fleet, other)["fit"] is True
    assert [each["reasons"] for each in announced("device_changed")][-2:] == [
        ["firmware_withdrawn"]
    ] * 2

    is_on_line(soho, firmware="2.2.0")
    assert shown(fleet, soho)["fit"] is True
    versions = fleet.http.as_(people.BOB).get(f"/v1/devices/{soho.id}/firmware").json["items"]
    assert [(each["version"], each["withdrawn"]) for each in versions] == [
        ("2.2.0", False),
        ("2.1.0", True),
    ]
    assert hanna.delete(f"/v1/withdrawn-firmware/{made.json['id']}").status_code == 204
    assert shown(fleet, lisbon, people.CHARLIE)["fit"] is True
    gone = hanna.delete(f"/v1/withdrawn-firmware/{made.json['id']}")
    assert (gone.status_code, kind_of(gone)) == (404, "firmware-withdrawal-unknown")


def test_a_device_that_comes_with_withdrawn_firmware_is_unfit_at_once(fleet, pen):
    hanna = fleet.http.as_(people.HANNA)
    hanna.post("/v1/withdrawn-firmware", json=BAD)
    again = hanna.post("/v1/withdrawn-firmware", json=BAD)
    assert (again.status_code, kind_of(again)) == (409, "firmware-withdrawn")
    toy = hanna.post("/v1/withdrawn-firmware", json=BAD | {"model": "toy"})
    assert (toy.status_code, kind_of(toy)) == (422, "model-unknown")
    is_on_line(pen, firmware="2.1.0")
    assert shown(fleet, pen)["reasons"] == ["firmware_withdrawn"]
    listed = fleet.http.as_(people.BOB).get("/v1/withdrawn-firmware").json["items"]
    assert [each["version"] for each in listed] == ["2.1.0"]


def test_what_a_device_says_is_told_as_later_than_what_it_waited_for(fleet, pen, announced):
    """Booking passes over what is older than what it knows: such a device would stay fit there."""
    fleet.http.as_(people.HANNA).post("/v1/withdrawn-firmware", json=BAD)
    waited = clock.now()
    note(fleet, pen, due_on="2026-01-06")
    note(fleet, pen, serviced_on="2026-01-07")
    is_on_line(pen, firmware="2.1.0", now=waited)
    told = announced("device_changed")
    assert told[-1]["reasons"] == ["firmware_withdrawn"]
    moments = [each["changed_at"] for each in told]
    assert moments == sorted(moments)


def test_a_status_that_slips_by_a_withdrawal_is_judged_by_the_timer(fleet, pen, rows):
    fleet.http.as_(people.HANNA).post("/v1/withdrawn-firmware", json=BAD)
    rows("UPDATE device_telemetry.devices SET firmware = '2.1.0' RETURNING id")
    with db.transaction(db.EVERY_CLINIC) as tx:
        firmware.judge(tx, clock.now())
    assert shown(fleet, pen)["reasons"] == ["firmware_withdrawn"]


def test_a_device_that_invents_versions_fills_no_list(fleet, pen, rows):
    for number in range(110):
        is_on_line(pen, clock.now() + timedelta(seconds=number), firmware=f"0.0.{number}")
    [kept] = rows("SELECT count(*) AS n FROM device_telemetry.device_firmware")
    assert kept["n"] == 100
    assert shown(fleet, pen)["firmware"] == "0.0.109"


def test_retiring_ends_alarms_commands_and_the_treatment(fleet, pen, rows, announced):
    session_id = fleet.session(pen, {8: 600})
    is_on_line(pen)
    says(pen, "fault", code="E7")
    assert shown(fleet, pen)["open_alarms"] == 1
    alice = fleet.http.as_(people.ALICE)
    for _ in range(2):
        assert alice.post(f"/v1/devices/{pen.id}/retire").status_code == 200
    seen = shown(fleet, pen)
    assert (seen["status"], seen["open_alarms"], seen["session_id"]) == ("retired", 0, None)
    assert (seen["online"], seen["version"]) == (False, 2)
    assert [each["kind"] for each in announced("alarm_cleared")] == ["fault"]
    waiting = (
        "SELECT id FROM device_telemetry.commands WHERE done_at IS NULL AND expires_at > now()"
    )
    assert rows(waiting) == []
    [session] = rows("SELECT session_id, state, ended_at FROM device_telemetry.sessions")
    assert (session["session_id"], session["state"]) == (session_id, "stopped")
    fleet.end(pen, session_id)  # client records ends it later: nothing is left to do
    assert [each["status"] for each in announced("device_changed")][-1] == "retired"


def test_the_list_shows_what_each_device_is_at(fleet):
    busy, idle, away = fleet.pen(), fleet.pen(), fleet.pen()
    for pen in (busy, idle):
        is_on_line(pen)
    is_gone(away)
    session_id = fleet.session(busy, {8: 600})
    at = just_now()
    arrive(busy.topic(), [as_json(a_batch(at, session_id=session_id, depth_um=900))])
    found = {
        each["id"]: each for each in fleet.http.as_(people.BOB).get("/v1/devices").json["items"]
    }
    seen = found[str(busy.id)]
    assert (seen["online"], seen["session_id"]) == (True, str(session_id))
    assert (seen["open_alarms"], seen["clinic_name"]) == (1, "Soho")
    assert seen["minutes_today"] in {0, 1}  # 0 in the first minute after midnight
    assert found[str(idle.id)]["session_id"] is None
    assert found[str(away.id)]["online"] is False


@pytest.mark.parametrize(
    "time_zone", ["Europe/London", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns"]
)
def test_minutes_count_from_the_clinics_midnight_and_only_needling(fleet, pen, rows, time_zone):
    clinic = {"clinic_id": pen.clinic.id, "name": "Soho", "time_zone": time_zone, "active": True}
    now = just_now()
    for boot_id in (17, 18):  # every minute comes again, in another transaction
        bodies = []
        for number, minutes in enumerate(range(0, 27 * 60, 7)):
            at, speed = now - timedelta(minutes=minutes), 0 if number % 5 == 0 else 6600
            facts = {"seq": 3 * number, "n": 3, "t0": at, "boot_id": boot_id}
            bodies.append(as_json(a_batch(at, speed_rpm=speed, **facts)))
        arrive(pen.topic(), bodies)
    counted = """SELECT count(*) FROM device_telemetry.minutes
        WHERE needling_samples > 0 AND minute >= date_trunc('day', %(now)s::timestamptz, %(zone)s)
        AND device_id = %(id)s"""
    with db.transaction(db.EVERY_CLINIC) as tx:
        store.remember_clinic(tx, clinic)
        days.forget_minutes(tx, now)
        for ago in (timedelta(), timedelta(hours=5), timedelta(hours=11, minutes=20)):
            asked = {"now": now - ago, "zone": time_zone, "id": pen.id}
            seen = store.find(tx, pen.id, now - ago)["minutes_today"]
            assert seen == tx.one(counted, asked)["count"]
        days.forget_minutes(tx, now + timedelta(days=3))
        assert store.find(tx, pen.id, now)["minutes_today"] == 0


def test_devices_are_listed_by_fitness(fleet):
    fit = str(fleet.pen().id)
    unfit = str(fleet.pen(calibrated_on=None).id)
    bob = fleet.http.as_(people.BOB)
    for wanted, found in (("true", [fit]), ("false", [unfit])):
        items = bob.get(f"/v1/devices?fit={wanted}").json["items"]
        assert [each["id"] for each in items] == found
    assert bob.get("/v1/devices?fit=perhaps").status_code == 422


def test_a_thousand_devices_with_a_hundred_thousand_set_aside_are_listed(fleet, rows, admin_dsn):
    """Prints what a page takes; a busy machine decides nothing here."""
    rows(
        """INSERT INTO device_telemetry.devices
        (id, clinic_id, name, model, serial, status, calibrated_on, calibration_due_on, fit,
         reasons, registered_at, changed_at)
        SELECT gen_random_uuid(), %(clinic)s::uuid, 'Pen ' || n, 'exceed', 'S' || n, 'idle',
            '2026-01-05', '2199-01-05', true, '{}', now(), now()
        FROM generate_series(1, 1000) AS n RETURNING id""",
        clinic=people.SOHO.id,
    )
    for first in range(1, 101, 10):  # a busy machine takes its time for each
        rows(
            """INSERT INTO device_telemetry.set_aside
            (id, topic, clinic_id, device_id, reason, detail, body, body_sha256, first_at, last_at)
            SELECT gen_random_uuid(), id::text, clinic_id, id, 'bad_crc', '', '', n::text::bytea,
                now(), now()
            FROM device_telemetry.devices, generate_series(%(first)s, %(first)s + 9) AS n
            RETURNING id""",
            first=first,
        )
    rows(
        """INSERT INTO device_telemetry.set_aside_counts
        SELECT id, 'bad_crc', current_date - n, clinic_id, 34, 0
        FROM device_telemetry.devices, generate_series(0, 2) AS n RETURNING device_id"""
    )
    rows(
        """INSERT INTO device_telemetry.needled_hours
        SELECT id, date_trunc('hour', now()) - n * interval '1 hour', clinic_id, 1 << n
        FROM device_telemetry.devices, generate_series(0, 9) AS n RETURNING device_id"""
    )
    with closing(psycopg2.connect(admin_dsn)) as owner, owner, owner.cursor() as cursor:
        cursor.execute("ANALYZE device_telemetry.devices, device_telemetry.set_aside")
    bob, path, times, found = fleet.http.as_(people.BOB), "/v1/devices?limit=200", [], 0
    while path:
        began = perf_counter()
        page = bob.get(path).json
        times.append(round(1000 * (perf_counter() - began)))
        found += len(page["items"])
        path = page["next"] and f"/v1/devices?limit=200&cursor={page['next']}"
    sys.stdout.write(f"five pages of 200 devices, 100 set aside, ten hours each: {times} ms\n")
    assert found == 1000


def test_the_fleet_of_another_clinic_is_not_there(fleet, pen):
    charlie = fleet.http.as_(people.CHARLIE)
    for method, path, body in (
        ("PATCH", "", {"name": "Mine"}),
        ("POST", "/services", SERVICED),
        ("GET", "/services", None),
        ("GET", "/firmware", None),
        ("POST", "/move", {"clinic_id": str(people.LISBON.id)}),
    ):
        url = f"/v1/devices/{pen.id}{path}"
        answer = charlie.open(method, url, json=body, headers={"If-Match": '"1"'})
        assert (answer.status_code, kind_of(answer)) == (404, "device-unknown"), path
    body = {"version": "1", "model": "exceed", "reason": "x", "id": str(ids.new())}
    assert charlie.post("/v1/withdrawn-firmware", json=body).status_code == 403
