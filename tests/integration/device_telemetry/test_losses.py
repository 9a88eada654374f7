"""Readings that will never come, and cartridges that may not be used."""

from datetime import date, timedelta

from deploy.devicekit.wire import as_json
from services.device_telemetry.usecases import statuses
from tests import people
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch, arrive
from tests.integration.device_telemetry.sayings import kinds, says
from tests.integration.device_telemetry.test_alarms import on, reasons
from tests.integration.device_telemetry.test_limits import CHEEK


def look(minutes):
    on(statuses.sweep_gaps, timedelta(minutes=minutes))


def holed(pen):
    """Samples 0 to 10 and 20 to 30 of one boot."""
    at = just_now()
    arrive(pen.topic(), [as_json(a_batch(at, seq=seq, speed_rpm=0)) for seq in (0, 20)])
    return at


def gaps(fleet, pen):
    listed = fleet.http.as_(people.BOB).get(f"/v1/devices/{pen.id}/gaps").json["items"]
    return [(gap["from_seq"], gap["to_seq"], gap["accepted_at"] is not None) for gap in listed]


def give_up(fleet, pen, from_seq=10, boot_id=17, who=people.ALICE):
    path = f"/v1/devices/{pen.id}/gaps/{boot_id}/{from_seq}/accept"
    return fleet.http.as_(who).post(path)


def test_readings_that_staff_gave_up_end_their_alarm_and_stay_listed(fleet, pen, announced):
    holed(pen)
    look(16)
    assert kinds(announced) == ["gap_open"]
    given_up = give_up(fleet, pen)
    assert given_up.status_code == 200, given_up.json
    assert given_up.json["accepted_by"] == str(people.ALICE.id)
    assert give_up(fleet, pen, who=people.HANNA).json["accepted_by"] == str(people.ALICE.id)
    look(17)
    look(18)
    assert kinds(announced, "alarm_cleared") == ["gap_open"]
    assert kinds(announced) == ["gap_open"]
    assert gaps(fleet, pen) == [(10, 20, True)]


def test_what_was_given_up_and_comes_all_the_same_is_stored(fleet, pen, announced):
    at = holed(pen)
    give_up(fleet, pen)
    arrive(pen.topic(), [as_json(a_batch(at, seq=12, n=4, speed_rpm=0))])
    assert gaps(fleet, pen) == [(10, 12, True), (16, 20, True)]
    look(16)
    assert announced("alarm_raised") == []


def test_another_hole_is_told_though_one_was_given_up(fleet, pen, announced):
    at = holed(pen)
    give_up(fleet, pen)
    arrive(pen.topic(), [as_json(a_batch(at, seq=40, speed_rpm=0))])
    look(16)
    [alarm] = announced("alarm_raised")
    assert (alarm["kind"], alarm["value"], alarm["late"]) == ("gap_open", 10, False)


def test_only_a_gap_that_is_there_and_ones_own_can_be_given_up(fleet, pen):
    holed(pen)
    for from_seq, boot_id in ((11, 17), (10, 18), (2**63 - 1, 2**32 - 1), (2**63, 17), (10, 2**32)):
        assert give_up(fleet, pen, from_seq, boot_id).status_code == 404
    assert give_up(fleet, pen, who=people.CHARLIE).status_code == 404
    assert give_up(fleet, pen, who=people.BOB).status_code == 403
    assert gaps(fleet, pen) == [(10, 20, False)]


def test_a_cartridge_of_an_expired_lot_stops_the_device_when_it_is_inserted(
    fleet, pen, announced, rows
):
    old = {"lot": "L9", "serial": "S9", "expires_on": date(2020, 1, 1)}
    fleet.end(pen, fleet.session(pen, {CHEEK: 650}, cartridge=old))
    other = fleet.pen()
    says(other, "cartridge_inserted", cartridge={"lot": "L9", "serial": "S10"})
    assert kinds(announced) == ["cartridge_expired", "cartridge_expired"]
    assert reasons(rows)[-1] == "cartridge_expired"
    says(other, "cartridge_removed", 2)
    assert kinds(announced, "alarm_cleared")[-1] == "cartridge_expired"


def test_the_insertion_of_the_sessions_own_bad_cartridge_ends_no_alarm(fleet, pen, announced):
    bad = {"lot": "L9", "serial": "S9", "expires_on": date(2020, 1, 1)}
    fleet.end(pen, fleet.session(pen, {CHEEK: 650}, cartridge=bad))
    fleet.session(pen, {CHEEK: 650}, cartridge=bad)
    before = len(announced("alarm_raised")), len(announced("alarm_cleared"))
    says(pen, "cartridge_inserted", cartridge={"lot": "L9", "serial": "S9"})
    assert (len(announced("alarm_raised")), len(announced("alarm_cleared"))) == before
