"""An alarm belongs to what happens now: to one session, to one stop, to somebody who looks."""

from datetime import date, timedelta

from services.device_telemetry.domain.alarms import Cause
from services.device_telemetry.usecases import alarms
from shared import clock, db, ids
from tests import people
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import arrive
from tests.integration.device_telemetry.sayings import kinds, says
from tests.integration.device_telemetry.test_limits import CHEEK, deep
from tests.people import LISBON, SOHO

STOPS = """
SELECT id, session_id, body ->> 'reason' AS reason, done_at, next_at
FROM device_telemetry.commands WHERE command = 'stop' ORDER BY made_at, id
"""


def on(job, later=timedelta()):
    with db.transaction(db.EVERY_CLINIC) as tx:
        job(tx, clock.now() + later)


def reasons(rows):
    return [row["reason"] for row in rows(STOPS)]


def test_the_heat_of_two_days_ago_stops_nobody_now(fleet, pen, announced, rows):
    fleet.session(pen, {CHEEK: 3000})
    old = just_now() - timedelta(days=2)
    arrive(pen.topic(), [deep(old, None, temperature_cc=6000, depth_um=0)])
    arrive(pen.topic(), [deep(old, ids.new(), boot_id=3, temperature_cc=6100, depth_um=0)])
    assert set(kinds(announced)) == {"motor_hot"}
    assert all(alarm["late"] for alarm in announced("alarm_raised"))
    assert reasons(rows) == []


def test_the_heat_of_this_minute_stops_the_device_whatever_its_session(pen, announced, rows):
    now = clock.now()
    arrive(pen.topic(), [deep(now - timedelta(seconds=5), ids.new(), temperature_cc=6000)], now=now)
    assert kinds(announced) == ["motor_hot"]
    assert reasons(rows) == ["motor_hot"]


def test_what_happens_now_is_announced_though_the_same_of_long_ago_is_open(pen, announced, rows):
    now = clock.now()
    arrive(pen.topic(), [deep(now - timedelta(hours=2), None, temperature_cc=6000, depth_um=0)])
    arrive(pen.topic(), [deep(now, None, boot_id=18, temperature_cc=5900, depth_um=0)], now=now)
    assert [alarm["late"] for alarm in announced("alarm_raised")] == [True, False]
    assert len(announced("alarm_cleared")) == 1
    assert reasons(rows) == ["motor_hot"]


def test_the_next_sessions_alarm_is_told_though_nobody_ended_the_last_ones(
    fleet, pen, announced, rows
):
    at = clock.now() - timedelta(seconds=30)
    first = fleet.session(pen, {CHEEK: 3000})
    arrive(pen.topic(), [deep(at, first, temperature_cc=6000)])
    second = fleet.session(pen, {CHEEK: 3000})
    arrive(pen.topic(), [deep(at, second, seq=100, temperature_cc=5800)])
    assert [alarm["session_id"] for alarm in announced("alarm_raised")] == [str(first), str(second)]
    [cleared] = announced("alarm_cleared")
    assert cleared["alarm_id"] == announced("alarm_raised")[0]["alarm_id"]
    assert [stop["session_id"] for stop in rows(STOPS)] == [first, second]


def test_late_readings_of_the_last_session_do_not_end_this_ones_alarm(fleet, pen, announced, rows):
    now = clock.now()
    first = fleet.session(pen, {CHEEK: 650})
    fleet.end(pen, first)
    second = fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), [deep(now - timedelta(minutes=1), second, seq=600)], now=now)
    for seq in (0, 10, 20):
        arrive(pen.topic(), [deep(now - timedelta(hours=1), first, seq=seq)], now=now)
    told = [(alarm["session_id"], alarm["late"]) for alarm in announced("alarm_raised")]
    assert told == [(str(second), False), (str(first), True)]
    open_ = "SELECT session_id FROM device_telemetry.alarms WHERE cleared_at IS NULL"
    assert rows(open_) == [{"session_id": second}]


def test_an_event_that_waited_belongs_to_the_session_in_which_it_happened(
    fleet, pen, announced, rows
):
    first = fleet.session(pen, {CHEEK: 650})
    fleet.end(pen, first)
    second = fleet.session(pen, {CHEEK: 650})
    facts = {"zone": CHEEK, "depth_um": 900, "limit_um": 650}
    says(pen, "depth_over_limit", session_id=str(first), **facts)
    [told] = announced("alarm_raised")
    assert told["session_id"] == str(first)
    assert reasons(rows) == ["session_ended"]
    says(pen, "depth_over_limit", 2, session_id=str(second), **facts)
    assert announced("alarm_raised")[-1]["session_id"] == str(second)
    assert reasons(rows) == ["session_ended", "depth_over_limit"]


def test_heat_and_faults_stop_the_device_though_it_names_the_last_clients_session(
    fleet, pen, announced, rows
):
    first = fleet.session(pen, {CHEEK: 650})
    fleet.end(pen, first)
    second = fleet.session(pen, {CHEEK: 650})
    now = clock.now()
    says(pen, "fault", session_id=str(first), code="E7")
    assert reasons(rows) == ["session_ended", "fault"]
    hot = deep(now - timedelta(seconds=2), first, temperature_cc=6000, depth_um=0)
    arrive(pen.topic(), [hot], now=now)
    assert kinds(announced) == ["fault", "motor_hot"]
    told = announced("alarm_raised")
    assert all(alarm["stop_sent_at"] for alarm in told)  # one stop that is under way does for both
    assert str(second) not in {alarm["session_id"] for alarm in told}


def test_an_event_that_names_another_pens_session_is_of_the_one_that_is_open(fleet, pen, announced):
    others = fleet.session(fleet.pen(), {CHEEK: 650})
    mine = fleet.session(pen, {CHEEK: 650})
    says(pen, "fault", session_id=str(others), code="E7")
    assert [alarm["session_id"] for alarm in announced("alarm_raised")] == [str(mine)]


def test_every_alarm_of_a_session_ends_with_it(fleet, pen, announced):
    used = {"lot": "L9", "serial": "S9", "expires_on": date(2020, 1, 1)}
    fleet.end(pen, fleet.session(pen, {CHEEK: 650}, cartridge=used))
    for number in (2, 3):
        session_id = fleet.session(pen, {CHEEK: 650}, cartridge=used)
        hot = deep(clock.now(), session_id, seq=number * 100, temperature_cc=6000, current_ma=1000)
        arrive(pen.topic(), [hot])
        fleet.end(pen, session_id)
    each_time = ["cartridge_reused", "cartridge_expired"]
    readings = ["current_high", "depth_over_limit", "motor_hot"]
    raised = kinds(announced)
    assert raised[0] == "cartridge_expired"
    assert raised[1:3] == raised[6:8] == each_time
    assert raised[3:6] == raised[8:] == readings
    assert sorted(kinds(announced, "alarm_cleared")) == sorted(raised)


def test_the_end_of_the_last_session_leaves_the_alarms_of_this_one(fleet, pen, announced):
    first = fleet.session(pen, {CHEEK: 650})
    second = fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), [deep(clock.now(), second)])
    fleet.end(pen, first)
    assert announced("alarm_cleared") == []


def test_what_was_measured_outside_any_session_ends_with_the_last_of_them(fleet, pen, announced):
    first = fleet.session(pen, {CHEEK: 650})
    second = fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), [deep(clock.now(), None, temperature_cc=6000)])
    assert sorted(kinds(announced)) == ["motor_hot", "no_session"]
    fleet.end(pen, first)
    assert kinds(announced, "alarm_cleared") == []
    fleet.end(pen, second)
    assert sorted(kinds(announced, "alarm_cleared")) == ["motor_hot", "no_session"]


def test_a_device_rests_when_its_session_has_ended_whatever_it_said(fleet, pen, rows):
    session_id = fleet.session(pen, {CHEEK: 650})
    says(pen, "needling_started")
    assert rows("SELECT status FROM device_telemetry.devices") == [{"status": "needling"}]
    fleet.end(pen, session_id)
    assert rows("SELECT status FROM device_telemetry.devices") == [{"status": "idle"}]


def test_an_alarm_that_came_after_its_sessions_end_ends_by_itself(fleet, pen, announced):
    session_id = fleet.session(pen, {CHEEK: 650})
    fleet.end(pen, session_id)
    arrive(pen.topic(), [deep(just_now(), session_id)])
    on(alarms.end_forgotten, timedelta(seconds=50))
    assert announced("alarm_cleared") == []
    on(alarms.end_forgotten, timedelta(seconds=61))
    assert kinds(announced, "alarm_cleared") == ["depth_over_limit"]


def test_needling_without_a_session_is_over_when_nothing_follows(pen, announced):
    arrive(pen.topic(), [deep(just_now(), None)])
    on(alarms.end_forgotten, timedelta(seconds=61))
    assert kinds(announced, "alarm_cleared") == ["no_session"]


def test_a_cause_of_another_century_keeps_no_alarm_open(fleet, pen, announced):
    session_id = fleet.session(pen, {CHEEK: 650})
    now = clock.now()
    century = now + timedelta(days=36500)
    cause = Cause("depth_over_limit", pen.id, pen.clinic.id, session_id, last_at=century)
    with db.transaction(db.EVERY_CLINIC) as tx:
        alarms.put(tx, cause, now)
    later = now + timedelta(minutes=6)
    arrive(pen.topic(), [deep(later, session_id, depth_um=500)], now=later)
    assert kinds(announced, "alarm_cleared") == ["depth_over_limit"]


def test_a_retired_device_has_no_alarms(fleet, pen, announced, rows):
    says(pen, "fault", code="E1")
    answer = fleet.http.as_(people.ALICE).post(f"/v1/devices/{pen.id}/retire")
    assert answer.status_code == 200
    assert kinds(announced, "alarm_cleared") == ["fault"]


def test_a_stop_of_the_last_session_does_not_stand_for_this_ones(fleet, pen, rows):
    first = fleet.session(pen, {CHEEK: 650})
    fleet.end(pen, first)
    second = fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), [deep(clock.now(), second)])
    assert reasons(rows) == ["session_ended", "depth_over_limit"]


def test_a_stop_nobody_answered_is_due_again_when_the_cause_goes_on(fleet, pen, rows):
    session_id = fleet.session(pen, {CHEEK: 650})
    now = clock.now()
    arrive(pen.topic(), [deep(now, session_id)], now=now)
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run(
            "UPDATE device_telemetry.commands SET attempts = 4, next_at = %s",
            (now + timedelta(seconds=30),),
        )
    arrive(pen.topic(), [deep(now, session_id, seq=10)], now=now + timedelta(seconds=1))
    [stop] = rows(STOPS)
    assert stop["next_at"] <= now + timedelta(seconds=1)


def test_an_alarm_names_its_stop_and_when_it_was_answered(fleet, pen, rows):
    session_id = fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), [deep(clock.now(), session_id, temperature_cc=6000)])
    [stop] = rows(STOPS)

    def seen():
        listed = fleet.http.as_(people.BOB).get("/v1/alarms").json["items"]
        return {
            alarm["kind"]: (alarm["device_stopped"], alarm["stop_confirmed_at"]) for alarm in listed
        }

    assert seen() == {"depth_over_limit": (False, None), "motor_hot": (False, None)}
    says(pen, "command_done", command_id=str(stop["id"]))
    assert {stopped for stopped, _ in seen().values()} == {True}
    assert None not in {at for _, at in seen().values()}


def test_stops_are_said_before_anything_else(fleet, pen):
    from services.device_telemetry.store import commands

    other = fleet.pen()
    fleet.session(other, {CHEEK: 650})
    arrive(pen.topic(), [deep(clock.now(), None, temperature_cc=6000)])
    with db.transaction(db.EVERY_CLINIC) as tx:
        due = commands.take_due(tx, clock.now())
    assert [each["command"] for each in due] == ["stop", "set_limits"]


def test_a_cartridge_of_another_clinic_is_noticed_at_the_sessions_start(fleet, pen, announced):
    used = {"lot": "L9", "serial": "S9", "expires_on": date(2199, 1, 1)}
    lisbon = fleet.pen(LISBON)
    fleet.end(lisbon, fleet.session(lisbon, {CHEEK: 650}, cartridge=used))
    fleet.session(pen, {CHEEK: 650}, cartridge=used)
    assert kinds(announced) == ["cartridge_reused"]


def test_alarms_of_one_clinic_are_asked_for_by_those_who_may_see_it(fleet, pen):
    abroad = fleet.pen(LISBON)
    for each in (pen, abroad):
        says(each, "fault", code="E7")

    def seen(who, clinic):
        answer = fleet.http.as_(who).get(f"/v1/alarms?clinic_id={clinic.id}")
        if answer.status_code != 200:
            return answer.status_code
        return [each["device_id"] for each in answer.json["items"]]

    assert seen(people.HANNA, SOHO) == seen(people.ALICE, SOHO) == [str(pen.id)]
    assert seen(people.HANNA, LISBON) == [str(abroad.id)]
    assert seen(people.ALICE, LISBON) == 404
