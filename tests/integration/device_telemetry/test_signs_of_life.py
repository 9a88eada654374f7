"""What readings alone say of their device: that it needles, and that it is on line."""

import json
from datetime import timedelta

import pytest

from deploy.devicekit import wire
from deploy.devicekit.wire import rfc3339
from services.device_telemetry.usecases import commands, statuses
from shared import clock, db
from tests.integration.device_telemetry.readings import a_batch, arrive

NOW = clock.now().replace(microsecond=0)
STATUS = "SELECT status FROM device_telemetry.devices"
PRESENCE = "SELECT online, gone_at FROM device_telemetry.device_states"


def streams(pen, after_s=0.0, *, now_s=None, **facts):
    """Bring in a second of readings that begins so many seconds after NOW, at its end or later."""
    begins = NOW + timedelta(seconds=after_s)
    body = wire.as_binary(a_batch(begins, seq=facts.pop("seq", 0), **facts))
    arrives = after_s + 1 if now_s is None else now_s
    arrive(pen.topic(), [body], now=NOW + timedelta(seconds=arrives))


def says(pen, event, after_s, seq=1):
    at = NOW + timedelta(seconds=after_s)
    said = {"v": 1, "boot_id": 17, "seq": seq, "at": rfc3339(at), "event": event}
    arrive(pen.topic("events"), [json.dumps(said).encode()], lane="events", now=at)


def status(pen, after_s, **said):
    at = NOW + timedelta(seconds=after_s)
    body = json.dumps({"v": 1, "online": True} | said).encode()
    arrive(pen.topic("status"), [body], lane="status", now=at)


def sweep(after_s):
    with db.transaction(db.EVERY_CLINIC) as tx:
        statuses.sweep(tx, NOW + timedelta(seconds=after_s))


@pytest.fixture
def silent(announced):
    return lambda: [each["kind"] for each in announced("alarm_raised")].count("silent")


@pytest.fixture
def session(fleet, pen):
    return fleet.session(pen, {8: 650}, started_at=NOW - timedelta(seconds=1))


def test_a_pen_whose_readings_needle_is_silent_after_ten_seconds_whatever_it_said(
    pen, session, silent
):
    status(pen, 0)
    streams(pen, 0, session_id=session)
    sweep(10)
    assert silent() == 0
    sweep(12)
    assert silent() == 1


@pytest.mark.parametrize(("seq", "mistaken_by"), [(1, timedelta()), (2, timedelta(days=9000))])
def test_a_pen_that_repeats_itself_or_mistakes_the_year_is_not_silent(
    pen, session, silent, seq, mistaken_by
):
    status(pen, 0)
    says(pen, "needling_stopped", 0, seq=1)
    at = rfc3339(NOW + mistaken_by)
    said = {"v": 1, "boot_id": 17, "seq": seq, "at": at, "event": "needling_stopped"}
    for after_s in (60, 120):
        now = NOW + timedelta(seconds=after_s)
        arrive(pen.topic("events"), [json.dumps(said).encode()], lane="events", now=now)
        sweep(after_s + 74)
    assert silent() == 0
    sweep(120 + 76)
    assert silent() == 1


def test_a_pen_whose_readings_rest_is_given_the_time_of_one_that_rests(pen, session, silent):
    status(pen, 0)
    streams(pen, 0, session_id=session)
    streams(pen, 7, session_id=session, seq=10, depth_um=0, zone=0)
    sweep(30)
    assert silent() == 0
    sweep(85)
    assert silent() == 1


def test_a_pen_that_said_after_its_last_reading_that_it_stopped_rests(pen, session, silent):
    status(pen, 0)
    streams(pen, 0, session_id=session)
    says(pen, "needling_stopped", 1)
    sweep(30)
    assert silent() == 0
    streams(pen, 31, session_id=session, seq=310)
    sweep(43)
    assert silent() == 1


def test_a_pen_that_came_up_again_and_rests_is_not_taken_for_needling(pen, session, silent):
    status(pen, 0)
    streams(pen, 0, session_id=session)
    streams(pen, 2, session_id=session, boot_id=18, depth_um=0, zone=0)
    sweep(30)
    assert silent() == 0


def test_readings_alone_bring_a_device_back_on_line(pen, rows, announced):
    status(pen, 0)
    status(pen, 7, online=False)
    sweep(13)
    assert rows(STATUS) == [{"status": "offline"}]
    streams(pen, 14)
    sweep(16)
    assert rows(STATUS) == [{"status": "idle"}]
    assert rows(PRESENCE) == [{"online": True, "gone_at": None}]
    sweep(18)
    told = [event["status"] for event in announced("device_changed")]
    assert told == ["registered", "idle", "offline", "idle"]


def test_readings_alone_bring_a_new_device_on_line_and_their_end_takes_it_off(pen, rows):
    streams(pen, 0)
    sweep(2)
    assert rows(STATUS) == [{"status": "idle"}]
    sweep(97)
    assert rows(STATUS) == [{"status": "offline"}]
    sweep(98)
    assert rows(STATUS) == [{"status": "offline"}]


def test_readings_from_before_the_last_will_bring_nobody_back(pen, rows):
    status(pen, 0)
    status(pen, 7, online=False)
    streams(pen, 5, now_s=8)
    sweep(13)
    assert rows(STATUS) == [{"status": "offline"}]
    streams(pen, 5, now_s=14, seq=10)
    sweep(15)
    assert rows(STATUS) == [{"status": "offline"}]


def test_readings_after_a_last_will_keep_the_device_on_line(pen, announced):
    status(pen, 0)
    status(pen, 7, online=False)
    streams(pen, 8)
    sweep(13)
    told = [event["status"] for event in announced("device_changed")]
    assert told == ["registered", "idle"]


def test_readings_that_waited_for_long_bring_nobody_back(pen, rows):
    status(pen, 0)
    sweep(100)
    streams(pen, -600, now_s=101)
    sweep(102)
    assert rows(STATUS) == [{"status": "offline"}]


def test_a_clock_known_to_be_behind_is_put_right(pen, rows):
    status(pen, 0, at=rfc3339(NOW - timedelta(seconds=300)))
    sweep(100)
    assert rows(STATUS) == [{"status": "offline"}]
    streams(pen, 101 - 300, now_s=102)
    sweep(103)
    assert rows(STATUS) == [{"status": "idle"}]


def test_a_device_that_comes_back_on_a_new_connection_hears_at_once_what_it_missed(
    pen, session, rows
):
    status(pen, 0, connection=7)
    claimed = NOW + timedelta(seconds=1)
    with db.transaction(db.EVERY_CLINIC) as tx:
        [limits] = commands.claim_due(tx, claimed)  # said while the device was not there
    due = "SELECT id, next_at FROM device_telemetry.commands"
    assert rows(due)[0]["next_at"] > claimed
    status(pen, 2, connection=7)
    assert rows(due)[0]["next_at"] > claimed
    status(pen, 2.5, connection=8)
    assert rows(due) == [{"id": limits["id"], "next_at": NOW + timedelta(seconds=2.5)}]


def test_a_device_that_was_off_line_hears_at_once_what_it_missed(pen, session, rows):
    status(pen, 0)
    status(pen, 10, online=False)
    sweep(16)
    assert rows(STATUS) == [{"status": "offline"}]
    with db.transaction(db.EVERY_CLINIC) as tx:
        commands.claim_due(tx, NOW + timedelta(seconds=17))
    status(pen, 18)
    due = "SELECT next_at FROM device_telemetry.commands"
    assert rows(due) == [{"next_at": NOW + timedelta(seconds=18)}]


def test_a_clock_that_was_set_back_silences_no_device_that_sends_readings(pen, rows, announced):
    status(pen, 0, at=rfc3339(NOW), battery_permille=500)
    for at in range(30, 91, 30):
        streams(pen, at - 3601, now_s=at, seq=at)
        status(pen, at, at=rfc3339(NOW + timedelta(seconds=at - 3600)), battery_permille=100)
    level = "SELECT battery_permille FROM device_telemetry.device_states"
    assert rows(level) == [{"battery_permille": 100}]
    assert "battery_low" in [each["kind"] for each in announced("alarm_raised")]


@pytest.mark.parametrize("connection", [{}, {"connection": 7}])
def test_a_status_of_before_brings_nobody_on_line_when_it_comes_again(pen, rows, connection):
    said = {"at": rfc3339(NOW), "battery_permille": 500, **connection}
    status(pen, 0, **said)
    sweep(100)
    assert (rows(STATUS), rows(PRESENCE)[0]["online"]) == ([{"status": "offline"}], False)
    status(pen, 200, **said)
    sweep(201)
    assert (rows(STATUS), rows(PRESENCE)[0]["online"]) == ([{"status": "offline"}], False)
    status(pen, 230, at=rfc3339(NOW + timedelta(seconds=230)), **connection)
    assert (rows(STATUS), rows(PRESENCE)[0]["online"]) == ([{"status": "idle"}], True)


def test_a_device_whose_clock_was_set_back_is_on_line_when_three_words_agree(pen, rows):
    status(pen, 0, at=rfc3339(NOW))
    sweep(100)
    found = []
    for at in (200, 230, 260):
        status(pen, at, at=rfc3339(NOW + timedelta(seconds=at - 3600)))
        found += [row["status"] for row in rows(STATUS)]
    assert found == ["offline", "offline", "idle"]


@pytest.mark.parametrize("behind", [{"hours": 1}, {"days": 20_000}])
def test_a_device_on_a_new_connection_is_on_line_whatever_its_clock_says(pen, rows, behind):
    status(pen, 0, at=rfc3339(NOW), connection=7)
    sweep(100)
    status(pen, 200, at=rfc3339(NOW - timedelta(**behind)), connection=8)
    assert rows(STATUS) == [{"status": "idle"}]
