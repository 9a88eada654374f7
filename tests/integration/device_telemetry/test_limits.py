"""Depth held against the zone's limit: alarm, stop, hysteresis, end."""

from datetime import date, timedelta

from deploy.devicekit.wire import as_binary
from services.device_telemetry.events.handlers import HANDLERS
from services.device_telemetry.usecases import commands, sessions
from shared import clock, db, ids
from shared.amqp import consumer
from shared.events.catalogue import EVENTS
from tests import people
from tests.integration.device_telemetry.conftest import Registered, ended_data, just_now
from tests.integration.device_telemetry.readings import a_batch, arrive
from tests.messages import a_message

CHEEK, FOREHEAD = 8, 1
COMMANDS = """
SELECT command, session_id, body, done_at IS NOT NULL AS done FROM device_telemetry.commands
ORDER BY made_at, id
"""


def deep(at, session_id, *, seq=0, depth_um=900, **facts):
    return as_binary(a_batch(at, seq=seq, session_id=session_id, depth_um=depth_um, **facts))


def test_a_session_tells_its_device_the_limits(fleet, pen, rows):
    session_id = fleet.session(pen, {CHEEK: 650})
    [command] = rows(COMMANDS)
    assert (command["command"], command["session_id"]) == ("set_limits", session_id)
    assert command["body"]["limits"] == [
        {"zone": CHEEK, "depth_um": 550, "limit_um": 650, "passes": 2}
    ]


def test_a_command_that_the_broker_did_not_take_is_due_again_at_once(fleet, pen):
    fleet.session(pen, {CHEEK: 650})
    now = clock.now()

    def due():
        with db.transaction(db.EVERY_CLINIC) as tx:
            return [each["id"] for each in commands.claim_due(tx, now)]

    [command_id] = due()
    assert due() == []  # it is being said
    with db.transaction(db.EVERY_CLINIC) as tx:
        commands.give_back(tx, [command_id], now)
    assert due() == [command_id]


def test_depth_over_the_limit_raises_one_alarm_and_stops_the_device(fleet, pen, rows, announced):
    at, session_id = just_now(), fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), [deep(at, session_id, depth_um=650)])
    assert announced("alarm_raised") == []

    arrive(pen.topic(), [deep(at, session_id, seq=10), deep(at, session_id, seq=20, depth_um=990)])
    arrive(pen.topic(), [deep(at, session_id, seq=30)])

    [alarm] = announced("alarm_raised")
    assert (alarm["kind"], alarm["severity"], alarm["zone"]) == ("depth_over_limit", "hard", CHEEK)
    assert (alarm["value"], alarm["limit"]) == (990, 650)
    stops = [row["body"] for row in rows(COMMANDS) if row["command"] == "stop"]
    assert [stop["reason"] for stop in stops] == ["depth_over_limit"]

    [seen] = fleet.http.as_(people.BOB).get("/v1/alarms?state=open").json["items"]
    assert (seen["kind"], seen["worst"], seen["device_stopped"]) == ("depth_over_limit", 990, False)


def test_an_alarm_ends_after_five_quiet_seconds(fleet, pen, announced):
    at, session_id = just_now(), fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), [deep(at, session_id)])
    for seq in (10, 20, 30, 40):
        arrive(pen.topic(), [deep(at, session_id, seq=seq, depth_um=500)])
    assert announced("alarm_cleared") == []
    arrive(pen.topic(), [deep(at, session_id, seq=50, depth_um=500)])
    [cleared] = announced("alarm_cleared")
    assert cleared["alarm_id"] == announced("alarm_raised")[0]["alarm_id"]
    assert cleared["cleared_at"]


def test_a_zone_without_a_limit_is_not_unlimited(fleet, pen, announced):
    session_id = fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), [deep(just_now(), session_id, zone=FOREHEAD, depth_um=100)])
    [alarm] = announced("alarm_raised")
    assert (alarm["kind"], alarm["zone"], alarm["limit"]) == ("wrong_zone", FOREHEAD, None)


def test_needles_in_the_air_are_no_treatment(fleet, pen, announced):
    session_id = fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), [deep(just_now(), session_id, zone=0, depth_um=2000)])
    arrive(pen.topic(), [deep(just_now(), None, seq=10, speed_rpm=0)])
    assert announced("alarm_raised") == []


def test_needling_without_a_session_raises_an_alarm(pen, announced):
    arrive(pen.topic(), [deep(just_now(), None)])
    assert [alarm["kind"] for alarm in announced("alarm_raised")] == ["no_session"]


def test_readings_that_overtake_their_sessions_announcement_are_judged_when_it_comes(
    fleet, pen, announced, rows
):
    started = ids.new()
    arrive(pen.topic(), [deep(just_now(), started)])
    assert announced("alarm_raised") == []
    fleet.session(pen, {CHEEK: 650}, session_id=started)
    assert [alarm["kind"] for alarm in announced("alarm_raised")] == ["depth_over_limit"]
    assert "stop" in {row["command"] for row in rows(COMMANDS)}


def test_needling_in_a_session_nobody_announces_raises_an_alarm_after_a_while(pen, announced):
    arrive(pen.topic(), [deep(just_now(), ids.new())])
    for wait_s, expected in ((5, []), (11, ["no_session"])):
        with db.transaction(db.EVERY_CLINIC) as tx:
            sessions.sweep_unknown(tx, clock.now() + timedelta(seconds=wait_s))
        assert [alarm["kind"] for alarm in announced("alarm_raised")] == expected


def test_an_alarm_goes_on_as_long_as_needling_in_a_session_nobody_announces(pen, announced):
    at, session_id = just_now(), ids.new()
    for seq in (0, 100, 200):  # ten seconds each
        batch = a_batch(at, seq=seq, n=100, session_id=session_id)
        arrive(pen.topic(), [as_binary(batch)])
        with db.transaction(db.EVERY_CLINIC) as tx:
            sessions.sweep_unknown(tx, clock.now() + timedelta(seconds=11))
    assert len(announced("alarm_raised")) == 1
    assert announced("alarm_cleared") == []
    at_rest = a_batch(at, seq=300, n=100, session_id=session_id, speed_rpm=0)
    arrive(pen.topic(), [as_binary(at_rest)])
    assert [alarm["kind"] for alarm in announced("alarm_cleared")] == ["no_session"]


def test_anothers_session_gives_no_limits(fleet, pen, announced):
    other = fleet.pen()
    session_id = fleet.session(other, {CHEEK: 3000})
    arrive(pen.topic(), [deep(just_now(), session_id)])
    with db.transaction(db.EVERY_CLINIC) as tx:
        sessions.sweep_unknown(tx, clock.now() + timedelta(seconds=11))
    assert [alarm["kind"] for alarm in announced("alarm_raised")] == ["no_session"]


def test_a_hot_motor_stops_the_device_and_a_high_current_only_tells(fleet, pen, announced, rows):
    session_id = fleet.session(pen, {CHEEK: 3000})
    hot = deep(just_now(), session_id, temperature_cc=6000, current_ma=1200, depth_um=500)
    arrive(pen.topic(), [hot])
    raised = {alarm["kind"]: alarm["severity"] for alarm in announced("alarm_raised")}
    assert raised == {"motor_hot": "hard", "current_high": "soft"}
    assert [row["body"]["reason"] for row in rows(COMMANDS)[1:]] == ["motor_hot"]


def test_the_end_of_a_session_stops_the_device_and_ends_its_alarms(fleet, pen, announced, rows):
    session_id = fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), [deep(just_now(), session_id)])
    fleet.end(pen, session_id)
    assert [alarm["kind"] for alarm in announced("alarm_cleared")] == ["depth_over_limit"]
    told = [(row["command"], row["body"].get("reason"), row["done"]) for row in rows(COMMANDS)]
    assert told == [
        ("set_limits", None, True),
        ("stop", "depth_over_limit", False),
        ("stop", "session_ended", False),
    ]


def test_a_cartridge_that_was_used_before_stops_the_device(fleet, pen, announced):
    used = {"lot": "L9", "serial": "S9", "expires_on": date(2199, 1, 1)}
    fleet.end(pen, fleet.session(pen, {CHEEK: 650}, cartridge=used))
    assert announced("alarm_raised") == []
    fleet.session(pen, {CHEEK: 650}, cartridge=used)
    [alarm] = announced("alarm_raised")
    assert (alarm["kind"], alarm["severity"]) == ("cartridge_reused", "hard")

    history = fleet.http.as_(people.BOB).get("/v1/cartridges/L9/S9").json
    assert (history["reused"], len(history["uses"])) == (True, 2)
    elsewhere = fleet.http.as_(people.CHARLIE).get("/v1/cartridges/L9/S9").json
    assert (elsewhere["reused"], elsewhere["uses"]) == (True, [])


def test_an_expired_cartridge_stops_the_device(fleet, pen, announced):
    old = {"lot": "L9", "serial": "S9", "expires_on": date(2020, 1, 1)}
    fleet.session(pen, {CHEEK: 650}, cartridge=old)
    assert [alarm["kind"] for alarm in announced("alarm_raised")] == ["cartridge_expired"]


def test_an_alarm_keeps_the_name_of_the_first_who_saw_it(fleet, pen):
    arrive(pen.topic(), [deep(just_now(), None)])
    [alarm] = fleet.http.as_(people.ALICE).get("/v1/alarms").json["items"]
    path = f"/v1/alarms/{alarm['id']}/acknowledge"
    for person in (people.PRIYA, people.ALICE):
        answer = fleet.http.as_(person).post(path)
        assert answer.json["acknowledged_by"] == str(people.PRIYA.id)
        assert answer.json["state"] == "acknowledged"
    assert fleet.http.as_(people.BOB).post(path).status_code == 403
    assert fleet.http.as_(people.CHARLIE).post(path).status_code == 404
    assert fleet.http.as_(people.CHARLIE).get("/v1/alarms").json["items"] == []


def test_readings_that_were_stored_late_raise_the_alarm_but_stop_nobody(
    fleet, pen, announced, rows
):
    session_id = fleet.session(pen, {CHEEK: 650})
    fleet.end(pen, session_id)
    arrive(pen.topic(), [deep(just_now() - timedelta(hours=1), session_id)])
    assert [alarm["kind"] for alarm in announced("alarm_raised")] == ["depth_over_limit"]
    assert [row["body"]["reason"] for row in rows(COMMANDS)[1:]] == ["session_ended"]


def test_a_session_of_a_device_that_nobody_has_registered_yet_waits_for_it(fleet, pen, rows):
    name, session_id = "client_records.session_started.v1", ids.new()
    unknown = Registered(ids.new(), pen.clinic, "")
    started = ended_data(unknown, session_id) | {
        "cartridge": {"lot": "L1", "serial": "C1", "expires_on": date(2199, 1, 1)},
        "limits": [{"zone": CHEEK, "depth_um": 550, "limit_um": 650, "passes": 2}],
    }
    told = EVENTS[name].schema.dump(started)
    body = a_message(name, told, subject=session_id, clinic_id=pen.clinic.id)
    assert consumer.receive("device_telemetry", HANDLERS, body) == "retried"
    assert rows("SELECT session_id FROM device_telemetry.sessions") == []
