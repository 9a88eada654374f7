"""Cartridges as devices tell of them, beside what sessions announced."""

import json
from datetime import date, timedelta

from deploy.devicekit.wire import as_binary, rfc3339
from shared import clock
from tests import people
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch, arrive

CHEEK = 8
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
