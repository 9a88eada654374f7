"""Alarms of a device lived through at random: told each time, once, never hard without a stop."""

import json
from collections import Counter
from datetime import date, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from deploy.devicekit.wire import as_binary, rfc3339
from services.device_telemetry.domain.alarms import SEVERITIES
from services.device_telemetry.usecases import alarms, escalation, sessions, statuses
from shared import clock, db, ids
from tests import people
from tests.integration.device_telemetry.conftest import ended_data
from tests.integration.device_telemetry.readings import a_batch, arrive

CHEEK, FOREHEAD = 8, 1
BAD = {  # what one batch shows, by the alarm it calls for
    "depth_over_limit": {"depth_um": 900},
    "wrong_zone": {"zone": FOREHEAD},
    "motor_hot": {"temperature_cc": 6000},
    "current_high": {"current_ma": 1000},
}
ALARMS = """
SELECT id, kind, session_id, late, cleared_at, acknowledged_at, escalated_at, stop_command_id
FROM device_telemetry.alarms WHERE device_id = %(device)s
"""
TOLD = """
SELECT type, subject, data FROM device_telemetry.outbox
WHERE type LIKE '%%.alarm_%%' AND data ->> 'device_id' = %(device)s::text ORDER BY position
"""
STOPS = """
SELECT id, session_id, done_at, next_at, expires_at FROM device_telemetry.commands
WHERE device_id = %(device)s AND command = 'stop' AND body ->> 'reason' <> 'session_ended'
"""


class Life(RuleBasedStateMachine):
    """One pen's treatments; `now` is ours to move."""

    fleet = None  # given by the test

    @initialize()
    def a_pen(self):
        self.pen = self.fleet.pen()
        self.now: datetime = clock.now()
        self.seq = self.event_seq = 0
        self.open: list = []
        self.over: dict = {}

    def ask(self, sql):
        with db.transaction(db.EVERY_CLINIC) as tx:
            return tx.all(sql, {"device": self.pen.id})

    def do(self, job, *given, **more):
        with db.transaction(db.EVERY_CLINIC) as tx:
            return job(tx, *given, **more, now=self.now)

    @rule(seconds=st.sampled_from([0.2, 1, 3, 6, 30, 70]))
    def time_passes(self, seconds):
        self.now += timedelta(seconds=seconds)
        for job in (alarms.end_forgotten, escalation.escalate, statuses.sweep_gaps):
            self.do(job)

    @rule(used=st.booleans())
    def a_session_begins(self, used):
        session_id = ids.new()
        serial = "used" if used else str(session_id)
        started = ended_data(self.pen, session_id) | {
            "started_at": self.now,
            "cartridge": {
                "lot": str(self.pen.id),
                "serial": serial,
                "expires_on": date(2199, 1, 1),
            },
            "limits": [{"zone": CHEEK, "depth_um": 550, "limit_um": 650, "passes": 2}],
        }
        before = self.ask(ALARMS)
        self.do(lambda tx, now: sessions.begin(tx, started, now))
        self.open.append(session_id)
        if any(row["kind"] == "cartridge_reused" for row in self.ask(ALARMS)[len(before) :]):
            self.must_be_told("cartridge_reused", session_id)

    @rule(data=st.data())
    def a_session_ends(self, data):
        if not self.open:
            return
        session_id = data.draw(st.sampled_from(self.open))
        ended = ended_data(self.pen, session_id) | {"ended_at": self.now}
        self.do(lambda tx, now: sessions.end(tx, ended, "completed", now))
        self.open.remove(session_id)
        self.over[session_id] = self.now
        left = [row for row in self.ask(ALARMS) if row["session_id"] == session_id]
        assert all(row["cleared_at"] or row["kind"] == "fault" for row in left)

    @rule(kind=st.sampled_from(sorted(BAD)), data=st.data())
    def bad_readings_now(self, kind, data):
        if self.open:
            session_id = data.draw(st.sampled_from(self.open))
            self.reads(self.now - timedelta(seconds=1), session_id, **BAD[kind])
            self.must_be_told(kind, session_id)

    @rule(kind=st.sampled_from(sorted(BAD)), data=st.data(), minutes=st.integers(2, 600))
    def bad_readings_of_long_ago(self, kind, data, minutes):
        known = [*self.open, *self.over]
        if known:
            session_id = data.draw(st.sampled_from(known))
            stops = self.ask(STOPS)
            self.reads(self.now - timedelta(minutes=minutes), session_id, **BAD[kind])
            assert self.ask(STOPS) == stops
            assert any(
                row["kind"] == kind and row["session_id"] == session_id for row in self.ask(ALARMS)
            )

    @rule(data=st.data())
    def bad_readings_after_the_end(self, data):
        if self.over:
            stops = self.ask(STOPS)
            session_id = data.draw(st.sampled_from(list(self.over)))
            self.reads(self.now - timedelta(seconds=1), session_id, depth_um=900)
            if self.now - self.over[session_id] < timedelta(seconds=10.1):
                assert self.ask(STOPS) == stops
            else:
                self.must_be_told("depth_over_limit", session_id)
                self.must_be_told("no_session", session_id)

    @rule(data=st.data())
    def heat_after_the_end(self, data):
        if self.over:
            session_id = data.draw(st.sampled_from(list(self.over)))
            self.reads(self.now - timedelta(seconds=1), session_id, temperature_cc=6000)
            self.must_be_told("motor_hot", session_id)

    @rule()
    def needling_without_a_session(self):
        self.reads(self.now - timedelta(seconds=1), None)
        self.must_be_told("no_session", None)

    @rule()
    def good_readings(self):
        self.now += timedelta(seconds=7)
        session_id = self.open[-1] if self.open else None
        self.reads(self.now - timedelta(seconds=1), session_id, speed_rpm=0, depth_um=0)
        left = {row["kind"] for row in self.ask(ALARMS) if not row["cleared_at"]}
        assert not left & {*BAD, "no_session"}

    @rule(name=st.sampled_from(["depth_over_limit", "fault"]))
    def the_device_says(self, name):
        facts = {"zone": 8, "depth_um": 910, "limit_um": 650} if name != "fault" else {"code": "E7"}
        self.says(name, **facts)
        with db.transaction(db.EVERY_CLINIC) as tx:
            youngest = tx.one(
                "SELECT session_id FROM device_telemetry.sessions WHERE device_id = %(id)s "
                "AND state = 'open' ORDER BY started_at DESC LIMIT 1",
                {"id": self.pen.id},
            )
        self.must_be_told(name, youngest["session_id"] if youngest else None)

    @rule(permille=st.sampled_from([100, 160, 900]))
    def the_battery_is(self, permille):
        said = {"v": 1, "online": True, "at": rfc3339(self.now), "battery_permille": permille}
        arrive(self.pen.topic("status"), [json.dumps(said).encode()], lane="status", now=self.now)
        low = [r for r in self.ask(ALARMS) if r["kind"] == "battery_low" and not r["cleared_at"]]
        assert permille == 160 or bool(low) == (permille == 100)

    @rule()
    def the_device_answers(self):
        for stop in self.ask(STOPS):
            if not stop["done_at"]:
                self.says("command_done", command_id=str(stop["id"]))

    @rule(data=st.data())
    def somebody_looks(self, data):
        waiting = sorted(row["id"] for row in self.ask(ALARMS) if not row["cleared_at"])
        if waiting:
            alarm_id = data.draw(st.sampled_from(waiting))
            self.do(alarms.acknowledge, alarm_id, people.PRIYA.id)

    def reads(self, at, session_id, **facts):
        batch = a_batch(at, seq=self.seq, session_id=session_id, t0=at, **facts)
        self.seq += 10
        arrive(self.pen.topic(), [as_binary(batch)], now=self.now)

    def says(self, name, **facts):
        self.event_seq += 1
        said = {"v": 1, "boot_id": 1, "seq": self.event_seq, "at": rfc3339(self.now)}
        body = json.dumps(said | {"event": name} | facts).encode()
        arrive(self.pen.topic("events"), [body], lane="events", now=self.now)

    def must_be_told(self, kind, session_id):
        """A cause of now has an open alarm of its own session, and a hard one a stop under way."""
        [alarm] = [r for r in self.ask(ALARMS) if r["kind"] == kind and not r["cleared_at"]]
        assert (alarm["session_id"], alarm["late"]) == (session_id, False)
        if SEVERITIES[kind] == "hard":
            [stop] = [each for each in self.ask(STOPS) if each["id"] == alarm["stop_command_id"]]
            assert stop["session_id"] == session_id
            assert stop["expires_at"] > self.now
            if stop["done_at"]:
                assert self.now - stop["done_at"] < timedelta(seconds=5)
            else:
                assert stop["next_at"] <= self.now + timedelta(seconds=2)

    @invariant()
    def each_is_told_once(self):
        if not hasattr(self, "pen"):
            return
        rows = {str(row["id"]): row for row in self.ask(ALARMS)}
        told = self.ask(TOLD)
        counted = Counter((str(each["subject"]), each["type"].split(".")[1]) for each in told)
        once = [times for (_, what), times in counted.items() if what != "alarm_stop_confirmed"]
        assert max(once, default=1) == 1  # a cause that goes on is stopped, and answered, again
        named = {what: {s for s, w in counted if w == f"alarm_{what}"} for what in TOLD_WHEN}
        assert named["raised"] == rows.keys()
        for what, column in TOLD_WHEN.items():
            if column:
                assert named[what] == {id_ for id_, row in rows.items() if row[column]}
        open_ = Counter(row["kind"] for row in rows.values() if not row["cleared_at"])
        assert max(open_.values(), default=1) == 1


TOLD_WHEN = {
    "raised": None,
    "cleared": "cleared_at",
    "acknowledged": "acknowledged_at",
    "escalated": "escalated_at",
}


def test_whatever_happens_alarms_are_told_once_each_and_stops_are_under_way(fleet):
    Life.fleet = fleet
    run_state_machine_as_test(Life, settings=settings(max_examples=25, stateful_step_count=30))
