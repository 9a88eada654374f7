"""Cartridges as devices tell of them, beside what sessions announced."""

import json
from datetime import date, timedelta

from deploy.devicekit.wire import as_binary, rfc3339
from shared import clock
from tests import people
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch, arrive
from tests.integration.device_telemetry.sayings import kinds, says

CHEEK = 8
STOPS = """
SELECT id, session_id, body ->> 'reason' AS reason FROM device_telemetry.commands
WHERE device_id = %(pen)s AND command = 'stop' AND done_at IS NULL ORDER BY made_at, id
"""
USED = {"lot": "L9", "serial": "S9", "expires_on": date(2199, 1, 1)}


def inserted(pen, at, seq, **cartridge):
    named = {"lot": "L9", "serial": "S9"} | cartridge
    said = {"v": 1, "boot_id": 1, "seq": seq, "at": rfc3339(at), "event": "cartridge_inserted"}
    body = json.dumps(said | {"cartridge": named}).encode()
    arrive(pen.topic("events"), [body], lane="events")


def history(fleet, who=people.BOB):
    found = fleet.http.as_(who).get("/v1/cartridges/L9/S9").json
    return [each["device_id"] for each in found["insertions"]]


def test_an_insertion_that_no_session_announced_is_in_the_cartridges_history(fleet, pen):
    other = fleet.pen(people.LISBON)
    inserted(pen, clock.now(), 1)
    inserted(pen, clock.now(), 2, serial="S8")
    inserted(pen, clock.now(), 3, lot="L8")
    inserted(other, clock.now(), 1)
    assert history(fleet) == [str(pen.id)]
    assert history(fleet, people.CHARLIE) == [str(other.id)]


def test_an_insertion_for_a_session_is_none_and_one_after_its_end_is(fleet, pen):
    inserted(pen, clock.now() - timedelta(minutes=2), 1)
    session_id = fleet.session(pen, {CHEEK: 650}, cartridge=USED)
    inserted(pen, clock.now(), 2)
    assert history(fleet) == []
    fleet.end(pen, session_id)
    inserted(pen, clock.now() + timedelta(seconds=1), 3)
    assert history(fleet) == [str(pen.id)]


def test_the_summary_names_the_cartridges_that_were_not_the_sessions(fleet, pen):
    session_id = fleet.session(pen, {CHEEK: 650}, cartridge=USED)
    path, at = f"/v1/sessions/{session_id}/summary", just_now()

    def others():
        return fleet.http.as_(people.PRIYA).get(path).json["other_cartridges"]

    assert others() == []
    for number, serial in enumerate(("S9", None)):
        batch = a_batch(at, seq=10 * number, session_id=session_id, cartridge_serial=serial)
        arrive(pen.topic(), [as_binary(batch)])
    assert others() == []
    for number, serial in enumerate(("S2", "S1", "S2")):
        batch = a_batch(at, seq=20 + 10 * number, session_id=session_id, cartridge_serial=serial)
        arrive(pen.topic(), [as_binary(batch)])
    assert others() == ["S1", "S2"]


def reads(pen, session_id, seq, *, now, at=None, **facts):
    batch = a_batch(
        now, seq=seq, t0=at or now - timedelta(seconds=1), session_id=session_id, **facts
    )
    arrive(pen.topic(), [as_binary(batch)], now=now)


def test_needling_goes_on_with_a_used_cartridge_and_is_stopped_again(fleet, pen, rows):
    fleet.end(pen, fleet.session(pen, {CHEEK: 650}, cartridge=USED))
    other, good = fleet.pen(), fleet.pen()
    session_id = fleet.session(other, {CHEEK: 650}, cartridge=USED)
    fine = fleet.session(good, {CHEEK: 650})
    [stop] = rows(STOPS, pen=other.id)
    says(other, "command_done", command_id=str(stop["id"]))
    assert rows(STOPS, pen=other.id) == []

    later = clock.now() + timedelta(seconds=20)
    reads(other, session_id, 0, now=later, speed_rpm=0)
    assert rows(STOPS, pen=other.id) == []
    reads(other, session_id, 10, now=later)
    reads(good, fine, 10, now=later)
    [again] = rows(STOPS, pen=other.id)
    assert (again["reason"], again["session_id"]) == ("cartridge_reused", session_id)
    assert rows(STOPS, pen=good.id) == []

    says(other, "command_done", 2, now=later, command_id=str(again["id"]))
    says(other, "cartridge_removed", 3, now=later)
    reads(other, session_id, 20, now=later + timedelta(seconds=20))
    assert rows(STOPS, pen=other.id) == []


def test_a_used_cartridge_of_which_we_heard_late_stops_who_needles_with_it_now(
    fleet, pen, rows, announced
):
    fleet.end(pen, fleet.session(pen, {CHEEK: 650}, cartridge=USED))
    other, now = fleet.pen(), clock.now()
    session_id = fleet.session(other, {CHEEK: 650})
    away = now - timedelta(minutes=5)
    says(other, "cartridge_inserted", at=away, cartridge={"lot": "L9", "serial": "S9"})
    reads(other, session_id, 0, now=now, at=away)
    assert rows(STOPS, pen=other.id) == []
    reads(other, session_id, 10, now=now)
    assert [stop["reason"] for stop in rows(STOPS, pen=other.id)] == ["cartridge_reused"]
    assert kinds(announced) == ["cartridge_reused", "cartridge_reused"]
    assert [alarm["late"] for alarm in announced("alarm_raised")] == [True, False]


def test_a_lot_is_as_old_as_the_clinics_own_scan_says_before_what_others_say(fleet, pen, announced):
    other, old = fleet.pen(people.LISBON), date(2020, 1, 1)
    fleet.session(pen, {CHEEK: 650}, cartridge=USED)
    fleet.session(other, {CHEEK: 650}, cartridge=USED | {"serial": "S7", "expires_on": old})
    inserted(pen, clock.now(), 1)
    inserted(fleet.pen(people.LISBON), clock.now(), 1, serial="S6")
    expired = [
        told["clinic_id"]
        for told in announced("alarm_raised")
        if told["kind"] == "cartridge_expired"
    ]
    assert expired == [str(people.LISBON.id)] * 2
