"""Events and statuses of devices: applied once, in order, and silence understood."""

import json
from datetime import timedelta

import pytest

from deploy.devicekit.wire import rfc3339
from services.device_telemetry.usecases import days, device_events, lanes, statuses
from shared import clock, db, ids
from tests import people
from tests.integration.device_telemetry.conftest import CALIBRATED, just_now
from tests.integration.device_telemetry.readings import a_batch, arrive
from tests.integration.device_telemetry.sayings import is_gone, is_on_line, kinds, says

STATUS = "SELECT status FROM device_telemetry.devices"
REASONS = "SELECT reason, times FROM device_telemetry.set_aside ORDER BY reason"


def sweep(later=timedelta()):
    with db.transaction(db.EVERY_CLINIC) as tx:
        statuses.sweep(tx, clock.now() + later)


SOON = timedelta(seconds=6)


def test_a_device_comes_needles_rests_and_goes(pen, announced, fleet):
    is_on_line(pen, firmware="4.2.1", cartridge={"lot": "L", "serial": "S"})
    is_on_line(pen, connection=1)
    says(pen, "needling_started", 1)
    says(pen, "needling_stopped", 2)
    is_gone(pen, connection=1)
    is_gone(pen, connection=1)
    sweep(SOON)
    sweep(SOON)
    is_on_line(pen, connection=2)
    told = [event["status"] for event in announced("device_changed")]
    assert told == ["registered", "idle", "needling", "idle", "offline", "idle"]
    seen = fleet.http.as_(people.BOB).get(f"/v1/devices/{pen.id}").json
    assert (seen["battery_permille"], seen["firmware"]) == (800, "4.2.1")


def test_a_device_that_says_nothing_for_long_is_off_line(pen, rows):
    is_on_line(pen)
    sweep(timedelta(seconds=94))
    assert rows(STATUS) == [{"status": "idle"}]
    sweep(timedelta(seconds=96))
    assert rows(STATUS) == [{"status": "offline"}]


def test_a_connection_that_was_taken_over_does_not_take_the_device_along(pen, rows):
    """The broker sends the last will of a half-open connection when the device is back already."""
    is_on_line(pen, connection=1)
    is_on_line(pen, connection=2)
    is_gone(pen, connection=1)
    sweep(SOON)
    assert rows(STATUS) == [{"status": "idle"}]
    is_gone(pen, connection=2)
    is_on_line(pen, connection=3)
    sweep(SOON)
    assert rows(STATUS) == [{"status": "idle"}]


def test_of_a_device_that_numbers_no_connections_the_word_just_before_counts(pen, rows):
    now = clock.now()
    is_on_line(pen, now)
    is_gone(pen, now + timedelta(seconds=4))
    sweep(timedelta(seconds=20))
    assert rows(STATUS) == [{"status": "idle"}]
    is_gone(pen, now + timedelta(seconds=6))
    sweep(timedelta(seconds=10))
    assert rows(STATUS) == [{"status": "idle"}]
    sweep(timedelta(seconds=12))
    assert rows(STATUS) == [{"status": "offline"}]


def test_an_event_brings_a_device_back_on_line(pen, rows):
    is_on_line(pen, connection=1)
    is_gone(pen, connection=1)
    sweep(SOON)
    assert rows(STATUS) == [{"status": "offline"}]
    says(pen, "fault", code="E7")
    assert rows(STATUS) == [{"status": "idle"}]
    online = "SELECT online, gone_at FROM device_telemetry.device_states"
    assert rows(online) == [{"online": True, "gone_at": None}]


def listened(*seconds):
    """Note lanes as the processes do that take them in, so many seconds from now."""
    for after in seconds:
        at = clock.now() + timedelta(seconds=after)
        with db.transaction(db.EVERY_CLINIC) as tx:
            lanes.note_drained(tx, dict.fromkeys(("events", "status", "readings"), at))


def test_an_outage_of_ours_of_two_minutes_is_nobodys_silence(fleet, pen, rows, announced):
    listened(-150, *range(-130, 1, 20))
    is_on_line(pen)
    fleet.session(pen, {8: 650})
    says(pen, "needling_started")
    sweep(timedelta(seconds=120))
    assert (kinds(announced), rows(STATUS)) == ([], [{"status": "needling"}])
    listened(*range(120, 231, 10))  # we hear again; the device is still on its way back
    sweep(timedelta(seconds=230))
    assert (kinds(announced), rows(STATUS)) == ([], [{"status": "needling"}])
    listened(240)
    sweep(timedelta(seconds=242))
    assert rows(STATUS) == [{"status": "offline"}]
    assert kinds(announced) == ["silent"]


def test_an_old_status_does_not_overwrite_a_younger_one(pen, fleet):
    is_on_line(pen, battery_permille=500)
    late = {"v": 1, "online": True, "at": rfc3339(clock.now() - timedelta(seconds=30))}
    body = json.dumps(late | {"battery_permille": 900}).encode()
    arrive(pen.topic("status"), [body], lane="status")
    seen = fleet.http.as_(people.BOB).get(f"/v1/devices/{pen.id}").json
    assert seen["battery_permille"] == 500


def test_a_day_of_calibration_that_a_device_says_otherwise_is_shown_and_keeps_nobody_from_it(
    pen, fleet
):
    def shown():
        seen = fleet.http.as_(people.BOB).get(f"/v1/devices/{pen.id}").json
        return seen["said_calibrated_on"], seen["calibration_disagrees"], seen["fit"]

    is_on_line(pen)
    assert shown() == (None, False, True)
    is_on_line(pen, calibrated_on=CALIBRATED["calibrated_on"])
    assert shown() == (CALIBRATED["calibrated_on"], False, True)
    is_on_line(pen, calibrated_on="2025-11-30")
    is_on_line(pen)
    assert shown() == ("2025-11-30", True, True)
    listed = fleet.http.as_(people.BOB).get("/v1/devices").json["items"]
    assert [each["calibration_disagrees"] for each in listed] == [True]


def test_a_clock_that_was_set_back_does_not_silence_the_device(pen, fleet, announced):
    is_on_line(pen, battery_permille=500, at=rfc3339(clock.now() + timedelta(days=300)))
    assert kinds(announced) == ["clock_wild"]
    is_on_line(pen, battery_permille=499)
    seen = fleet.http.as_(people.BOB).get(f"/v1/devices/{pen.id}").json
    assert seen["battery_permille"] == 499
    assert kinds(announced, "alarm_cleared") == ["clock_wild"]


def test_a_low_battery_is_told_and_ends_when_it_is_well_again(pen, announced):
    for level in (149, 140, 160):
        is_on_line(pen, battery_permille=level)
    assert (kinds(announced), kinds(announced, "alarm_cleared")) == (["battery_low"], [])
    is_on_line(pen, battery_permille=200)
    [cleared] = announced("alarm_cleared")
    assert (cleared["kind"], cleared["value"]) == ("battery_low", 140)


def test_silence_while_a_session_is_open_raises_an_alarm_that_the_next_word_ends(
    fleet, pen, announced
):
    is_on_line(pen)
    fleet.session(pen, {8: 650})
    sweep(timedelta(seconds=60))
    assert kinds(announced) == []
    says(pen, "needling_started")
    sweep(timedelta(seconds=11))
    sweep(timedelta(seconds=12))
    assert kinds(announced) == ["silent"]
    is_on_line(pen, clock.now() + timedelta(seconds=20))
    sweep(timedelta(seconds=21))
    assert kinds(announced, "alarm_cleared") == ["silent"]


def test_a_device_that_never_spoke_is_silent_in_its_session(fleet, pen, announced):
    fleet.session(pen, {8: 650})
    sweep(timedelta(seconds=76))
    assert kinds(announced) == ["silent"]


def test_an_event_counts_once(pen, announced, rows):
    for _ in range(3):
        says(pen, "fault", 7, code="E7", at=just_now())
    assert kinds(announced) == ["fault"]
    [row] = rows("SELECT event, facts FROM device_telemetry.device_events")
    assert (row["event"], row["facts"]) == ("fault", {"code": "E7"})


def test_another_event_under_a_used_number_is_set_aside_and_changes_nothing(pen, announced, rows):
    at = just_now()
    for _ in range(2):
        says(pen, "fault", 7, code="E7", at=at)
        says(pen, "needling_started", 7, at=at)
        says(pen, "fault", 7, code="E8", at=at)
    assert (kinds(announced), rows(STATUS)) == (["fault"], [{"status": "idle"}])
    assert rows(REASONS) == [{"reason": "contradicts", "times": 2}] * 2
    [row] = rows("SELECT facts FROM device_telemetry.device_events")
    assert row["facts"] == {"code": "E7"}


@pytest.mark.parametrize("boots", [(1, 1), (1, 2)])
def test_an_event_that_comes_late_does_not_undo_a_later_one(pen, rows, boots):
    before, after = boots
    at = just_now()
    is_on_line(pen)
    says(pen, "needling_stopped", 9, boot_id=after, at=at + timedelta(seconds=2))
    says(pen, "needling_started", 8, boot_id=before, at=at)
    assert rows(STATUS) == [{"status": "idle"}]
    [told] = rows("SELECT count(*)::int AS n FROM device_telemetry.device_events")
    assert told["n"] == 2


def test_a_device_whose_flash_was_wiped_counts_from_one_again_and_is_believed(pen, rows):
    at = just_now()
    says(pen, "needling_stopped", 9, boot_id=40, at=at)
    says(pen, "needling_started", 1, boot_id=1, at=at + timedelta(seconds=2))
    assert rows(STATUS) == [{"status": "needling"}]


@pytest.mark.parametrize(
    ("off", "reason", "rings"),
    [
        (timedelta(days=25_000), "far_future", ["clock_wild"]),
        (timedelta(days=-31), "too_old", []),  # it may have waited
    ],
)
def test_how_things_were_at_an_impossible_time_is_set_aside_but_no_danger_is(
    pen, rows, announced, off, reason, rings
):
    is_on_line(pen)
    at = clock.now() + off
    says(pen, "needling_started", 1, at=at)
    assert (rows(STATUS), rows(REASONS)) == (
        [{"status": "idle"}],
        [{"reason": reason, "times": 1}],
    )
    assert kinds(announced) == rings
    says(pen, "fault", 1, code="E7", at=at)
    assert kinds(announced) == [*rings, "fault"]
    is_on_line(pen)
    assert kinds(announced, "alarm_cleared") == rings


def test_a_clock_that_is_known_to_be_wild_does_not_silence_its_device(pen, rows):
    """Its status has told us by how much it is off."""
    wild = timedelta(days=25_000)
    is_on_line(pen, at=rfc3339(clock.now() + wild))
    says(pen, "needling_started", at=clock.now() + wild)
    assert (rows(STATUS), rows(REASONS)) == ([{"status": "needling"}], [])


def test_events_of_long_ago_are_forgotten(pen, rows):
    says(pen, "fault", code="E7")
    for later, left in ((89, 1), (91, 0)):
        with db.transaction(db.EVERY_CLINIC) as tx:
            device_events.forget_old(tx, clock.now() + timedelta(days=later))
        assert len(rows("SELECT seq FROM device_telemetry.device_events")) == left


def test_events_of_long_ago_are_forgotten_in_steps(pen, rows, monkeypatch):
    monkeypatch.setattr(device_events, "FORGOTTEN_AT_ONCE", 2)
    for seq in range(5):
        says(pen, "fault", seq, code="E7")
    for left in (3, 1, 0):
        with db.transaction(db.EVERY_CLINIC) as tx:
            more = device_events.forget_old(tx, clock.now() + timedelta(days=91))
        assert more is bool(left)
        assert rows("SELECT count(*)::int AS n FROM device_telemetry.device_events") == [
            {"n": left}
        ]


def test_a_fault_ends_when_somebody_has_seen_it(fleet, pen, announced):
    says(pen, "fault", code="E7")
    [alarm] = fleet.http.as_(people.PRIYA).get("/v1/alarms").json["items"]
    path = f"/v1/alarms/{alarm['id']}/acknowledge"
    assert fleet.http.as_(people.PRIYA).post(path).json["state"] == "cleared"
    assert kinds(announced, "alarm_cleared") == ["fault"]


def test_depth_over_the_limit_as_an_event_needs_no_readings(fleet, pen, announced):
    session_id = fleet.session(pen, {8: 650})
    says(pen, "depth_over_limit", zone=8, depth_um=910, limit_um=650)
    [alarm] = announced("alarm_raised")
    assert (alarm["value"], alarm["limit"], alarm["session_id"]) == (910, 650, str(session_id))


def test_a_used_cartridge_is_noticed_when_it_is_inserted_and_ends_when_it_is_out(
    fleet, pen, announced, rows
):
    first = fleet.session(pen, {8: 650})
    [used] = rows("SELECT lot, serial FROM device_telemetry.cartridge_uses")
    says(pen, "cartridge_inserted", 1, cartridge=dict(used))
    assert kinds(announced) == []
    fleet.end(pen, first)
    fleet.session(pen, {8: 650})
    says(pen, "cartridge_inserted", 2, cartridge=dict(used))
    assert kinds(announced) == ["cartridge_reused"]
    says(pen, "cartridge_removed", 3)
    assert kinds(announced, "alarm_cleared") == ["cartridge_reused"]


def test_an_insertion_that_names_no_cartridge_is_set_aside_and_ends_no_alarm(
    fleet, pen, announced, rows
):
    fleet.end(pen, fleet.session(pen, {8: 650}))
    [used] = rows("SELECT lot, serial FROM device_telemetry.cartridge_uses")
    says(pen, "cartridge_inserted", 1, cartridge=dict(used))
    says(pen, "cartridge_inserted", 2)
    assert kinds(announced) == ["cartridge_reused"]
    assert announced("alarm_cleared") == []
    assert rows("SELECT reason FROM device_telemetry.set_aside") == [{"reason": "bad_event"}]


def test_a_device_answers_only_its_own_commands(fleet, pen, rows):
    other = fleet.pen()
    fleet.session(pen, {8: 650})
    [command] = rows("SELECT id FROM device_telemetry.commands")
    says(other, "command_done", command_id=str(command["id"]))
    done = "SELECT done_at IS NOT NULL AS done FROM device_telemetry.commands"
    assert rows(done) == [{"done": False}]
    says(pen, "command_done", command_id=str(command["id"]))
    assert rows(done) == [{"done": True}]


def test_words_that_are_none_are_set_aside(pen, rows):
    nobody = f"pens.{pen.clinic.id}.{ids.new()}"
    for lane in ("events", "status"):
        arrive(pen.topic(lane), [b"{", b"[]", b"{}", b'{"v": 2}'], lane=lane)
    arrive(f"{nobody}.status", [b'{"v": 1, "online": false}'], lane="status")
    event = {"v": 1, "boot_id": 1, "seq": 1, "at": rfc3339(clock.now()), "event": "fault"}
    arrive(f"{nobody}.events", [json.dumps(event).encode()], lane="events")
    strange = json.dumps(event | {"event": "explode"}).encode()
    arrive(pen.topic("events"), [strange], lane="events")
    counted = {}
    for row in rows(REASONS):
        counted[row["reason"]] = counted.get(row["reason"], 0) + row["times"]
    assert counted == {"bad_event": 5, "bad_status": 4, "unknown_device": 2}


def test_what_no_queue_wanted_is_set_aside_but_commands_nobody_heard_are_not(pen, rows):
    arrive("pens.something.else", [b"x"], lane="unrouted")
    arrive(pen.topic("commands"), [b"x"], lane="unrouted")
    assert rows(REASONS) == [{"reason": "unroutable", "times": 1}]


def test_a_hole_that_stays_open_raises_an_alarm_until_it_is_filled(pen, announced):
    from deploy.devicekit.wire import as_json

    at = just_now()
    arrive(pen.topic(), [as_json(a_batch(at, seq=seq, speed_rpm=0)) for seq in (0, 20)])

    def look(minutes):
        with db.transaction(db.EVERY_CLINIC) as tx:
            statuses.sweep_gaps(tx, clock.now() + timedelta(minutes=minutes))

    look(14)
    assert kinds(announced) == []
    look(16)
    [alarm] = announced("alarm_raised")
    assert (alarm["kind"], alarm["value"]) == ("gap_open", 10)
    arrive(pen.topic(), [as_json(a_batch(at, seq=10, speed_rpm=0))])
    look(17)
    assert kinds(announced, "alarm_cleared") == ["gap_open"]


def test_days_are_made_ahead_and_old_ones_dropped(pen):
    parts = (
        "SELECT count(*)::int AS days, max(inhrelid::regclass::text) AS last FROM pg_inherits "
        "WHERE inhparent = 'device_telemetry.batches'::regclass"
    )
    now = clock.now()
    with db.transaction(db.EVERY_CLINIC) as tx:
        days.make_ahead(tx, now)  # midnight may have passed since the database was made
        [before] = tx.all(parts)
        days.make_ahead(tx, now + timedelta(days=2))
        days.make_ahead(tx, now + timedelta(days=2))
        [after] = tx.all(parts)
        days.drop_old(tx, now + timedelta(days=90 - 20))
        [left] = tx.all(parts)
        tx.execute("ROLLBACK; BEGIN")  # other tests need the days
    assert after["days"] == before["days"] + 2
    assert after["last"] > before["last"]
    assert left["days"] < before["days"]
