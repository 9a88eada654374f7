"""Looking on while pens work: the real process under gunicorn and gevent, while readings come."""

import threading
from datetime import datetime, timedelta

import pytest

from deploy.devicekit.wire import as_binary
from services.device_telemetry.usecases.live import Hub, Looking, View
from shared import clock, db, ids
from tests import people
from tests.integration.device_telemetry.readings import a_batch, arrive
from tests.live import Live
from tests.patience import until

CHEEK = 8
PENS_OF_SOHO = f"/live/clinics/{people.SOHO.id}/devices"


@pytest.fixture(scope="module")
def process(stage, mint):
    started = Live(stage.environment("device_telemetry"), mint, "device_telemetry")
    yield started
    started.close()


@pytest.fixture
def live(process, fleet):
    return process


def needle(pen, session_id, *, seq=0, depth_um=500, zone=CHEEK):
    """Let a second of needling arrive that has just ended."""
    at = clock.now().replace(microsecond=0) - timedelta(seconds=1)
    batch = a_batch(at, seq=seq, t0=at, session_id=session_id, depth_um=depth_um, zone=zone)
    arrive(pen.topic(), [as_binary(batch)])


def seen_with(browser, what):
    """Return the pen as it is first shown with a reading, or with alarms."""
    while not (seen := browser.next("pen").data)[what]:
        pass
    return seen


def path_of(pen):
    return f"/live/devices/{pen.id}"


def test_a_pen_is_shown_with_its_depth_against_the_limit_of_its_zone(live, fleet, pen):
    session_id = fleet.session(pen, {CHEEK: 650})
    with live.read(people.PRIYA, path_of(pen)) as browser:
        [first] = browser.next("snapshot").data["pens"]
        needle(pen, session_id, depth_um=640)
        seen = seen_with(browser, "reading")

    assert browser.retry == "2000"
    assert (first["session_id"], first["reading"]) == (str(session_id), None)
    assert seen["limits"] == [{"zone": 8, "depth_um": 550, "limit_um": 650, "passes": 2}]
    reading = seen["reading"]
    assert (reading["zone"], reading["depth_um"], reading["limit_um"]) == (CHEEK, 640, 650)
    assert (reading["speed_rpm"], reading["over"]) == (6600, False)


def test_an_excess_is_seen_with_its_alarm(live, fleet, pen):
    session_id = fleet.session(pen, {CHEEK: 650})
    with live.read(people.ALICE, PENS_OF_SOHO) as browser:
        browser.next("snapshot")
        needle(pen, session_id, depth_um=900)
        seen = seen_with(browser, "alarms")

    assert seen["reading"]["over"] is True
    [alarm] = seen["alarms"]
    assert (alarm["kind"], alarm["severity"], alarm["value"]) == ("depth_over_limit", "hard", 900)


def test_readings_of_another_session_are_not_held_against_this_ones_limits(live, fleet, pen):
    fleet.session(pen, {CHEEK: 650})
    with live.read(people.PRIYA, path_of(pen)) as browser:
        browser.next("snapshot")
        needle(pen, ids.new(), depth_um=640)
        reading = seen_with(browser, "reading")["reading"]
    assert (reading["limit_um"], reading["over"]) == (None, None)


def test_a_backlog_of_yesterday_is_not_shown_as_what_happens_now(live, fleet, pen):
    session_id = fleet.session(pen, {CHEEK: 650})
    old = clock.now().replace(microsecond=0) - timedelta(days=1)
    needle(pen, session_id)
    arrive(pen.topic(), [as_binary(a_batch(old, seq=0, boot_id=3, session_id=session_id))])
    with live.read(people.PRIYA, path_of(pen)) as browser:
        [shown] = browser.next("snapshot").data["pens"]
    seen = shown["reading"]
    assert seen is None or datetime.fromisoformat(seen["at"]) > old + timedelta(hours=23)


def test_a_clinic_sees_its_own_pens_and_no_others(live, fleet, pen):
    lisbon = fleet.pen(people.LISBON)
    with live.read(people.PRIYA, PENS_OF_SOHO) as browser:
        first = browser.next("snapshot").data["pens"]
        needle(lisbon, ids.new())
        needle(pen, ids.new())
        seen = seen_with(browser, "reading")
    assert [each["device_id"] for each in first] == [str(pen.id)]
    assert seen["device_id"] == str(pen.id)


def test_whoever_may_not_see_traces_does_not_look_on(live, fleet, pen):
    asked = {}
    for person in people.EVERYONE:
        for path in (path_of(pen), PENS_OF_SOHO):
            with live.read(person, path) as reader:
                asked.setdefault(person.name, []).append(reader.status)
    assert asked == {
        "Alice": [200, 200],
        "Priya": [200, 200],
        "Bob": [403, 403],
        "Charlie": [404, 404],
        "Hanna": [403, 403],
        "Ana": [403, 403],
    }
    with live.read_without_token(path_of(pen)) as refused:
        assert refused.status == 401
    with live.read(people.PRIYA, f"/live/devices/{ids.new()}") as refused:
        assert refused.status == 404


def test_a_ticket_opens_its_own_stream_once(live, fleet, pen):
    other = fleet.pen()
    status, made = live.post(people.PRIYA, "/tickets", {"device_id": str(pen.id)})
    assert (status, made["expires_in"]) == (201, 60)
    with live.read_without_token(f"{path_of(pen)}?ticket={made['ticket']}") as browser:
        assert browser.next().event == "snapshot"
    for path in (path_of(pen), path_of(other), PENS_OF_SOHO):
        _, fresh = live.post(people.PRIYA, "/tickets", {"device_id": str(other.id)})
        used = made if path == path_of(pen) else fresh
        expected = 200 if path == path_of(other) else 401
        with live.read_without_token(f"{path}?ticket={used['ticket']}") as reader:
            assert reader.status == expected


def test_tickets_are_given_only_to_those_who_may_look_on(live, fleet, pen):
    soho, device = {"clinic_id": str(people.SOHO.id)}, {"device_id": str(pen.id)}
    assert live.post(people.PRIYA, "/tickets", soho)[0] == 201
    assert live.post(people.BOB, "/tickets", soho)[0] == 403
    assert live.post(people.CHARLIE, "/tickets", soho)[0] == 404
    assert live.post(people.CHARLIE, "/tickets", device)[0] == 404
    assert live.post(people.PRIYA, "/tickets", soho | device)[0] == 422
    assert live.post(people.PRIYA, "/tickets", {})[0] == 422


def test_a_reader_who_does_not_read_holds_up_nobody_and_piles_up_nothing(live, fleet, pen):
    session_id = fleet.session(pen, {CHEEK: 650})
    stuck = [live.lazy_reader(people.PRIYA, PENS_OF_SOHO) for _ in range(3)]
    try:
        with live.read(people.PRIYA, PENS_OF_SOHO) as browser:
            browser.next("snapshot")
            for number in range(5):
                needle(pen, session_id, seq=10 * number, depth_um=400 + number)
                while seen_with(browser, "reading")["reading"]["depth_um"] != 400 + number:
                    pass
    finally:
        for each in stuck:
            each.close()


def test_the_newest_word_on_a_pen_replaces_those_that_a_slow_reader_has_not_read(pool, fleet, pen):
    pool("device_telemetry")
    session_id = fleet.session(pen, {CHEEK: 650})
    hub = Hub()
    with (
        hub.seat(View(pen.clinic.id, None)) as slow,
        hub.seat(View(pen.clinic.id, pen.id)) as eager,
    ):
        assert isinstance(slow, Looking)
        for number in range(20):
            needle(pen, session_id, seq=10 * number, depth_um=400 + number)
            wanted = f'"depth_um":{400 + number},'
            until(lambda wanted=wanted: any(wanted in each.data for each in eager.take(1)[0]))
        messages, _, lost = slow.take(0)
    assert (len(messages), lost) == (1, False)
    assert '"depth_um":419,' in messages[0].data


def test_nobody_looks_on_and_nothing_is_asked(pool, fleet, pen, monkeypatch):
    pool("device_telemetry")
    hub = Hub()
    asked = []
    monkeypatch.setattr(hub, "turn", lambda: asked.append(1) or 0.01)
    assert not asked
    with hub.seat(View(pen.clinic.id, None)):
        until(lambda: asked)
    until(lambda: not any(each.name == "feed" for each in threading.enumerate()))
    before = len(asked)
    with hub.seat(View(pen.clinic.id, None)):
        until(lambda: len(asked) > before)


def test_a_ticket_that_nobody_used_is_forgotten(live, fleet, pen, rows):
    live.post(people.PRIYA, "/tickets", {"device_id": str(pen.id)})
    with db.transaction(db.EVERY_CLINIC) as tx:
        tx.run(
            "UPDATE device_telemetry.stream_tickets SET expires_at = %(past)s",
            {"past": clock.now() - timedelta(seconds=1)},
        )
    _, made = live.post(people.PRIYA, "/tickets", {"device_id": str(pen.id)})
    assert len(rows("SELECT sha256 FROM device_telemetry.stream_tickets")) == 1
    assert made["ticket"] not in str(rows("SELECT sha256 FROM device_telemetry.stream_tickets"))
