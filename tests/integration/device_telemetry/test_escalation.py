"""An alarm that nobody looks at is told once more; a clock that is off does not hide one."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from deploy.devicekit.wire import rfc3339
from services.device_telemetry.events.handlers import HANDLERS
from services.device_telemetry.usecases import alarms, escalation
from shared import clock, db
from shared.amqp import consumer
from shared.events.catalogue import EVENTS
from tests import people
from tests.integration.device_telemetry.readings import arrive
from tests.integration.device_telemetry.sayings import is_on_line, kinds, says
from tests.integration.device_telemetry.test_alarms import STOPS, on, reasons
from tests.integration.device_telemetry.test_limits import CHEEK, deep
from tests.messages import a_message


def escalate(after_s):
    on(escalation.escalate, timedelta(seconds=after_s))


def acknowledge(fleet, who=people.PRIYA):
    [alarm] = fleet.http.as_(who).get("/v1/alarms").json["items"]
    return fleet.http.as_(who).post(f"/v1/alarms/{alarm['id']}/acknowledge")


def too_deep(fleet, pen):
    session_id = fleet.session(pen, {CHEEK: 650})
    arrive_now(pen, session_id)
    return session_id


def arrive_now(pen, session_id, **facts):
    arrive(pen.topic(), [deep(clock.now(), session_id, **facts)])


def test_a_hard_alarm_that_nobody_saw_for_a_minute_is_told_once_more(fleet, pen, announced):
    too_deep(fleet, pen)
    escalate(59)
    assert announced("alarm_escalated") == []
    escalate(61)
    escalate(90)
    [told] = announced("alarm_escalated")
    assert (told["kind"], told["acknowledged_at"]) == ("depth_over_limit", None)
    assert told["escalated_at"]
    [shown] = fleet.http.as_(people.BOB).get("/v1/alarms").json["items"]
    assert (shown["escalated_at"] is not None, shown["state"]) == (True, "open")


def test_a_soft_alarm_waits_a_quarter_of_an_hour(pen, announced):
    is_on_line(pen, battery_permille=100)
    escalate(14 * 60)
    assert announced("alarm_escalated") == []
    escalate(15 * 60 + 1)
    assert kinds(announced, "alarm_escalated") == ["battery_low"]


def test_an_alarm_that_somebody_saw_is_not_escalated(fleet, pen, announced):
    too_deep(fleet, pen)
    assert acknowledge(fleet).json["acknowledged_by"] == str(people.PRIYA.id)
    acknowledge(fleet, people.ALICE)
    escalate(61)
    assert announced("alarm_escalated") == []
    [told] = announced("alarm_acknowledged")
    assert told["acknowledged_by"] == str(people.PRIYA.id)


def test_who_has_seen_an_alarm_has_a_name(fleet, pen):
    told = {
        "staff_id": people.PRIYA.id,
        "name": "Priya Sharma",
        "roles": ["practitioner"],
        "clinic_ids": [pen.clinic.id],
        "active": True,
        "epoch": 0,
    }
    data = EVENTS["identity.staff_changed.v1"].schema.dump(told)
    body = a_message("identity.staff_changed.v1", data, subject=people.PRIYA.id)
    assert consumer.receive("device_telemetry", HANDLERS, body) == "applied"
    too_deep(fleet, pen)
    assert acknowledge(fleet).json["acknowledged_by_name"] == "Priya Sharma"


def test_an_alarm_that_ended_is_not_escalated(fleet, pen, announced):
    fleet.end(pen, too_deep(fleet, pen))
    escalate(3600)
    assert announced("alarm_escalated") == []


def test_the_devices_answer_to_its_stop_is_told(fleet, pen, announced, rows):
    too_deep(fleet, pen)
    [stop] = rows(STOPS)
    for seq in (1, 2):
        says(pen, "command_done", seq, command_id=str(stop["id"]))
    [told] = announced("alarm_stop_confirmed")
    assert (told["kind"], told["cleared_at"]) == ("depth_over_limit", None)
    assert told["stop_sent_at"] <= told["stop_confirmed_at"]


def test_another_devices_answer_confirms_nothing(fleet, pen, announced, rows):
    other = fleet.pen()
    too_deep(fleet, pen)
    [stop] = rows(STOPS)
    says(other, "command_done", command_id=str(stop["id"]))
    assert announced("alarm_stop_confirmed") == []


def test_a_pen_whose_clock_is_an_hour_behind_is_stopped_all_the_same(fleet, pen, announced, rows):
    behind = timedelta(hours=1)
    now = clock.now()
    is_on_line(pen, now, at=rfc3339(now - behind))
    session_id = fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), [deep(now - behind, session_id)], now=now)
    assert reasons(rows) == ["depth_over_limit"]
    assert [alarm["late"] for alarm in announced("alarm_raised")] == [False]
    arrive(pen.topic(), [deep(now - 3 * behind, None, boot_id=3, temperature_cc=6000)], now=now)
    assert reasons(rows) == ["depth_over_limit"]


@pytest.mark.parametrize("ahead_s", [120, 3600])
@pytest.mark.parametrize("heard_since", [False, True])
def test_a_pen_whose_clock_was_ahead_and_is_right_now_is_stopped(
    fleet, pen, announced, rows, ahead_s, heard_since
):
    now = clock.now()
    for ago_s in (60, 30):
        then = now - timedelta(seconds=ago_s)
        is_on_line(pen, then, at=rfc3339(then + timedelta(seconds=ahead_s)))
    if heard_since:
        is_on_line(pen, now)
    session_id = fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), [deep(now - timedelta(seconds=2), session_id)], now=now)
    assert reasons(rows) == ["depth_over_limit"]
    assert not any(alarm["late"] for alarm in announced("alarm_raised"))


def test_what_a_clock_that_is_ahead_shows_of_long_ago_stops_nobody(pen, rows):
    now = clock.now()
    ahead = timedelta(hours=1)
    is_on_line(pen, now, at=rfc3339(now + ahead))
    old = now + ahead - timedelta(minutes=90)
    arrive(pen.topic(), [deep(old, None, temperature_cc=6000)], now=now)
    assert reasons(rows) == []


def test_a_clock_that_is_behind_is_wild_when_three_words_agree(pen, announced):
    now = clock.now()
    for number in range(3):
        assert announced("alarm_raised") == []
        later = now + timedelta(seconds=30 * number)
        is_on_line(pen, later, at=rfc3339(later - timedelta(minutes=10)))
    [alarm] = announced("alarm_raised")
    assert (alarm["kind"], alarm["value"], alarm["limit"]) == ("clock_wild", 600, 60)
    later = now + timedelta(seconds=90)
    is_on_line(pen, later)
    assert kinds(announced, "alarm_cleared") == ["clock_wild"]


def test_a_clock_of_1970_is_wild_by_its_first_word(pen, announced):
    is_on_line(pen)
    is_on_line(pen, at="1970-01-01T00:00:05.000Z")
    assert kinds(announced) == ["clock_wild"]
    is_on_line(pen)
    assert kinds(announced, "alarm_cleared") == ["clock_wild"]


def test_words_that_waited_in_a_queue_make_no_clock_wild(pen, announced):
    now = clock.now()
    for waited_s in (180, 150, 120, 90, 60, 30, 0):
        is_on_line(pen, now, at=rfc3339(now - timedelta(seconds=waited_s)))
    assert announced("alarm_raised") == []


def test_readings_from_the_future_show_a_wild_clock(fleet, pen, announced):
    session_id = fleet.session(pen, {CHEEK: 650})
    now = clock.now()
    arrive(pen.topic(), [deep(now + timedelta(minutes=3), session_id, depth_um=500)], now=now)
    assert kinds(announced) == ["clock_wild"]


def test_an_alarm_is_acknowledged_while_it_is_being_escalated_and_told_once_each(
    fleet, pen, announced
):
    """Whichever comes first: an escalation after the look would be a lie."""
    for number in range(20):
        session_id = fleet.session(pen, {CHEEK: 650})
        arrive_now(pen, session_id, seq=number * 10)
        start = Barrier(2)

        def look(start=start):
            with db.transaction(db.EVERY_CLINIC) as tx:
                [alarm] = tx.all("SELECT id FROM device_telemetry.alarms WHERE cleared_at IS NULL")
                start.wait()
                alarms.acknowledge(tx, alarm["id"], people.PRIYA.id, clock.now())

        def wait(start=start):
            start.wait()
            escalate(61)

        threads = [Thread(target=each) for each in (look, wait)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        fleet.end(pen, session_id)
    seen = announced("alarm_acknowledged")
    assert len(seen) == 20
    assert all(told["acknowledged_at"] is None for told in announced("alarm_escalated"))
