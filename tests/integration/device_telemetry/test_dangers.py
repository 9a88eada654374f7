"""What must stop a needle is heard whatever else its message says, and the message is seen."""

import itertools
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.devicekit.wire import rfc3339
from services.device_telemetry.domain.words import DANGERS
from shared import clock, db
from shared.schemas.devices import DeviceEvent
from tests import people
from tests.integration.device_telemetry.readings import arrive
from tests.integration.device_telemetry.sayings import is_on_line, kinds

STOPPED = """
SELECT a.kind, a.late, c.body ->> 'reason' AS reason FROM device_telemetry.alarms AS a
INNER JOIN device_telemetry.commands AS c ON a.stop_command_id = c.id
WHERE a.cleared_at IS NULL
"""
ASIDE = "SELECT reason, detail, times FROM device_telemetry.set_aside"
CLEAN = (
    "DELETE FROM device_telemetry.commands",
    "DELETE FROM device_telemetry.alarms",
    "DELETE FROM device_telemetry.set_aside",
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = sorted(set(DeviceEvent().fields) - {"event"})
details = st.dictionaries(
    st.sampled_from(FIELDS) | st.text(),
    anything,
    max_size=6,
)


def fault(**facts):
    whole = {"v": 1, "boot_id": 1, "seq": 1, "at": rfc3339(clock.now()), "event": "fault"}
    return json.dumps({**whole, **facts}).encode()


def of_now(seq=1):
    return {"v": 1, "boot_id": 1, "seq": seq, "at": rfc3339(clock.now())}


@pytest.mark.parametrize(
    ("event", "facts", "unread"),
    [
        ("fault", {"code": "E" * 61}, "code"),
        ("fault", {"code": 7, "zone": -1}, "code, zone"),
        ("fault", {"cartridge": {"lot": "L"}}, "cartridge"),
        ("fault", {"session_id": "mine"}, "session_id"),
        ("fault", {"seq": -1}, "seq"),
        ("fault", {"at": "yesterday", "v": 2}, "at, v"),
        ("depth_over_limit", {"zone": 18, "depth_um": 40_000, "limit_um": 1.5}, "depth_um, limit"),
    ],
)
def test_a_danger_stops_the_device_though_details_cannot_be_read(pen, rows, event, facts, unread):
    arrive(pen.topic("events"), [fault(**{"event": event, **facts})], lane="events")
    assert rows(STOPPED) == [{"kind": event, "late": False, "reason": event}]
    [aside] = rows(ASIDE)
    assert aside["reason"] == "bad_event"
    assert unread in aside["detail"]


def test_what_can_be_read_of_a_danger_is_told(fleet, pen, announced):
    session_id = fleet.session(pen, {8: 650})
    facts = {"session_id": str(session_id), "zone": 18, "depth_um": 910, "limit_um": 650}
    arrive(pen.topic("events"), [fault(event="depth_over_limit", **facts)], lane="events")
    [alarm] = announced("alarm_raised")
    told = [alarm[name] for name in ("session_id", "zone", "value", "limit")]
    assert told == [str(session_id), None, 910, 650]


def test_a_named_danger_with_an_unreadable_detail_counts_once(fleet, pen, rows, announced):
    body = fault(code="E" * 61)
    arrive(pen.topic("events"), [body, body], lane="events")
    [alarm] = fleet.http.as_(people.PRIYA).get("/v1/alarms").json["items"]
    assert fleet.http.as_(people.PRIYA).post(f"/v1/alarms/{alarm['id']}/acknowledge").json
    arrive(pen.topic("events"), [body], lane="events")
    assert kinds(announced) == ["fault"]
    assert [row["times"] for row in rows(ASIDE)] == [3]


def test_a_danger_under_a_used_number_stops_the_device_all_the_same(pen, rows):
    before = json.dumps({**of_now(), "event": "needling_stopped"}).encode()
    arrive(pen.topic("events"), [before, fault()], lane="events")
    assert [row["kind"] for row in rows(STOPPED)] == ["fault"]
    assert [row["reason"] for row in rows(ASIDE)] == ["contradicts"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"v":1,"boot_id":1,"seq":2,"event":"fault","code":"E',
        b'{"v":1,"event" : "fault","code":"\xff\xfe"}',
        b'{"event":"fault","depth_um":NaN}',
        b'{"event":"fault","zone":' + b"9" * 5000 + b"}",
        b'{"event":"fault","code":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    ],
)
def test_a_danger_is_heard_in_what_is_no_proper_json(pen, rows, body):
    arrive(pen.topic("events"), [body], lane="events")
    assert [row["kind"] for row in rows(STOPPED)] == ["fault"]
    assert [row["reason"] for row in rows(ASIDE)] == ["bad_event"]


def test_a_danger_that_is_only_mentioned_is_none(pen, rows):
    said = {**of_now(), "event": "needling_started", "about": {"event": "fault"}}
    arrive(pen.topic("events"), [json.dumps(said).encode()], lane="events")
    said = {**of_now(2), "event": "explode", "code": '"event":"fault"'}
    arrive(pen.topic("events"), [json.dumps(said).encode()], lane="events")
    assert rows(STOPPED) == []


def test_nobody_elses_danger_stops_a_device(fleet, pen, rows):
    other = fleet.pen(people.LISBON)
    stranger = f"pens.{pen.clinic.id}.{other.id}.events"
    arrive(stranger, [fault(code="E" * 61), b'{"event":"fault"'], lane="events")
    assert rows(STOPPED) == []
    assert [row["reason"] for row in rows(ASIDE)] == ["unknown_device"] * 2


def test_a_cartridge_is_looked_at_though_another_detail_cannot_be_read(fleet, pen, rows):
    fleet.end(pen, fleet.session(pen, {8: 650}))
    [used] = rows("SELECT lot, serial FROM device_telemetry.cartridge_uses")
    said = {**of_now(), "event": "cartridge_inserted", "cartridge": used, "zone": "cheek"}
    arrive(pen.topic("events"), [json.dumps(said).encode()], lane="events")
    assert [row["kind"] for row in rows(STOPPED)] == ["cartridge_reused"]


def test_a_status_is_heard_though_a_detail_of_it_cannot_be_read(fleet, pen, rows):
    is_on_line(pen, firmware="4" * 41, battery_permille=640)
    seen = fleet.http.as_(people.BOB).get(f"/v1/devices/{pen.id}").json
    assert (seen["online"], seen["battery_permille"], seen["firmware"]) == (True, 640, None)
    assert [(row["reason"], row["detail"][-8:]) for row in rows(ASIDE)] == [
        ("bad_status", "firmware")
    ]


def test_whatever_a_danger_says_besides_it_raises_an_alarm_and_a_stop(pen, rows):
    numbers = itertools.count()

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        event=st.sampled_from(sorted(DANGERS)), facts=details, torn_off=st.sampled_from([0, 0, 5])
    )
    def lived(event, facts, torn_off):
        whole = {**of_now(next(numbers)), "event": event} | facts
        body = json.dumps(whole | {"event": event, "end": "~" * 9}).encode()
        arrive(pen.topic("events"), [body[: len(body) - torn_off]], lane="events")
        assert [row["kind"] for row in rows(STOPPED)] == [event]
        with db.transaction(db.EVERY_CLINIC) as tx:
            for sql in CLEAN:
                tx.run(sql)

    lived()
