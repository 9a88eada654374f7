"""A device moves to another clinic: what goes along, what stays, and what is still under way."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from deploy.devicekit.wire import as_json
from services.device_telemetry import timer
from services.device_telemetry.usecases import places, readings
from services.device_telemetry.usecases.set_aside import Message
from shared import clock, db, ids
from tests import people
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch, arrive
from tests.integration.device_telemetry.sayings import is_gone, is_on_line, says
from tests.people import LISBON, SOHO

BATCHES = "SELECT seq, clinic_id FROM device_telemetry.batches ORDER BY seq"
ASIDE = "SELECT reason FROM device_telemetry.set_aside"


def kind_of(answer):
    return answer.json["type"].rsplit("/", 1)[1]


def move(fleet, pen, clinic=LISBON, person=people.HANNA, version=1):
    return fleet.http.as_(person).post(
        f"/v1/devices/{pen.id}/move",
        json={"clinic_id": str(clinic.id)},
        headers={"If-Match": f'"{version}"'},
    )


@pytest.fixture
def both():
    """A manager of both clinics."""
    return people.Person(ids.new(), "Bea", "b@x.example", ("clinic_manager",), (SOHO, LISBON))


def test_a_device_moves_with_its_papers_and_both_clinics_are_told(fleet, pen, announced, both):
    is_on_line(pen, firmware="4.0")
    noted = {"serviced_on": "2026-01-05", "due_on": "2199-01-05"}
    fleet.http.as_(people.ALICE).post(f"/v1/devices/{pen.id}/services", json=noted)
    moved = move(fleet, pen, person=both, version=2)
    assert moved.status_code == 200
    assert (moved.json["clinic_id"], moved.json["time_zone"]) == (str(LISBON.id), "Europe/Lisbon")
    assert (moved.json["status"], moved.json["online"], moved.json["version"]) == (
        "offline",
        False,
        3,
    )
    told = [
        (each["clinic_id"], each["status"], each["fit"], each["reasons"])
        for each in announced("device_changed")[-2:]
    ]
    assert told == [
        (str(SOHO.id), "offline", False, ["moved"]),
        (str(LISBON.id), "offline", True, []),
    ]
    path = f"/v1/devices/{pen.id}"
    assert fleet.http.as_(people.ALICE).get(path).status_code == 404
    charlie = fleet.http.as_(people.CHARLIE)
    assert charlie.get(path).json["firmware"] == "4.0"
    for papers in ("services", "firmware"):
        assert len(charlie.get(f"{path}/{papers}").json["items"]) == 1


def test_readings_of_a_clock_that_was_ahead_are_stored_where_they_were_taken(fleet, pen, rows):
    """Their time comes long after the device has left, and its old topic is no way in any more."""
    now = clock.now()
    ahead = now + timedelta(hours=3)
    arrive(pen.topic(), [as_json(a_batch(ahead, t0=ahead))], now=now)
    assert move(fleet, pen).status_code == 200
    for person, many in ((people.ALICE, 1), (people.CHARLIE, 0)):
        assert len(fleet.http.as_(person).get("/v1/set-aside").json["items"]) == many
    later = ahead + timedelta(minutes=6)
    replay = timer.Replayer()
    while replay(later):
        pass
    assert ([row["clinic_id"] for row in rows(BATCHES)], rows(ASIDE)) == ([SOHO.id], [])


def test_its_secrets_its_alarms_and_what_it_was_to_be_told_end(fleet, pen, rows, announced):
    says(pen, "fault", code="E7")
    move(fleet, pen)
    open_things = """SELECT 1 AS still FROM device_telemetry.credentials WHERE valid_until IS NULL
        UNION ALL SELECT 2 FROM device_telemetry.alarms WHERE cleared_at IS NULL
        UNION ALL SELECT 3 FROM device_telemetry.commands WHERE expires_at > now()"""
    assert rows(open_things) == []
    [cleared] = announced("alarm_cleared")
    assert cleared["clinic_id"] == str(SOHO.id)


def test_what_was_set_aside_of_it_is_counted_where_it_is(fleet, pen, rows):
    """Also when a message was counted on its way while the device moved."""
    counts = "SELECT clinic_id, times::int FROM device_telemetry.set_aside_counts"
    arrive(pen.topic(), [b"no batch", b"neither"])
    assert move(fleet, pen).status_code == 200
    assert rows(counts) == [{"clinic_id": LISBON.id, "times": 2}]
    shown = fleet.http.as_(people.CHARLIE).get(f"/v1/devices/{pen.id}").json
    assert shown["set_aside"] == 2
    with db.transaction(db.EVERY_CLINIC) as tx:
        stale = "UPDATE device_telemetry.set_aside_counts SET clinic_id = %(soho)s::uuid"
        tx.run(stale, {"soho": SOHO.id})
    arrive(f"pens.{LISBON.id}.{pen.id}.readings", [b"no batch either"])
    assert rows(counts) == [{"clinic_id": LISBON.id, "times": 3}]


def test_a_device_moves_only_with_the_version_that_was_seen(fleet, pen, rows):
    bare = fleet.http.as_(people.HANNA).post(
        f"/v1/devices/{pen.id}/move", json={"clinic_id": str(LISBON.id)}
    )
    assert bare.status_code == 428
    assert move(fleet, pen, version=7).status_code == 412
    assert rows("SELECT clinic_id FROM device_telemetry.devices") == [{"clinic_id": SOHO.id}]


def test_a_move_to_where_the_device_is_changes_nothing(fleet, pen, announced, rows):
    answer = move(fleet, pen, SOHO)
    assert (answer.status_code, answer.json["version"]) == (200, 1)
    assert len(announced("device_changed")) == 1
    assert rows("SELECT valid_until FROM device_telemetry.credentials") == [{"valid_until": None}]


def test_nobody_gives_a_device_to_a_clinic_that_is_not_theirs(fleet, pen):
    away = move(fleet, pen, person=people.ALICE)
    assert (away.status_code, kind_of(away)) == (404, "not-found")
    assert move(fleet, pen, person=people.BOB).status_code == 403
    nowhere = people.Clinic(ids.new(), "Nowhere", "Europe/London")
    unknown = move(fleet, pen, nowhere)
    assert (unknown.status_code, kind_of(unknown)) == (422, "clinic-unknown")


def test_a_device_does_not_move_during_a_treatment_nor_when_it_is_retired(fleet, pen):
    session_id = fleet.session(pen, {8: 600})
    busy = move(fleet, pen)
    assert (busy.status_code, kind_of(busy)) == (409, "device-busy")
    fleet.end(pen, session_id)
    fleet.http.as_(people.ALICE).post(f"/v1/devices/{pen.id}/retire")
    gone = move(fleet, pen, version=2)
    assert (gone.status_code, kind_of(gone)) == (409, "device-retired")


def test_what_was_queued_under_the_old_topic_stays_with_the_old_clinic(fleet, pen, rows):
    at = just_now()
    arrive(pen.topic(), [as_json(a_batch(at, seq=0))])
    move(fleet, pen)
    arrive(pen.topic(), [as_json(a_batch(at, seq=10)), as_json(a_batch(at, seq=10))])
    assert [row["clinic_id"] for row in rows(BATCHES)] == [SOHO.id, SOHO.id]
    assert rows(ASIDE) == []
    arrive(
        pen.topic(), [as_json(a_batch(at, seq=20))], now=clock.now() + timedelta(hours=1, minutes=1)
    )
    assert [row["reason"] for row in rows(ASIDE)] == ["unknown_device"]
    assert len(rows(BATCHES)) == 2


def test_alarms_of_a_device_that_moved_stay_in_the_old_clinics_list_without_its_name(fleet, pen):
    says(pen, "fault", code="E7")
    alice, charlie = (fleet.http.as_(each) for each in (people.ALICE, people.CHARLIE))
    [before] = alice.get("/v1/alarms").json["items"]
    move(fleet, pen)
    [after] = alice.get("/v1/alarms").json["items"]
    assert after == before | {
        "device_name": None,
        "state": "cleared",
        "cleared_at": after["cleared_at"],
        "device_stopped": after["device_stopped"],
    }
    seen = alice.post(f"/v1/alarms/{before['id']}/acknowledge")
    assert (seen.status_code, seen.json["acknowledged_by"]) == (200, str(people.ALICE.id))
    assert charlie.get("/v1/alarms").json["items"] == []
    assert charlie.post(f"/v1/alarms/{before['id']}/acknowledge").status_code == 404


@pytest.mark.parametrize("minutes", [-10, 0, 10, 61])
def test_what_comes_under_the_old_topic_is_never_the_new_clinics(fleet, pen, rows, minutes):
    """Whenever it was taken: who still may write there for a moment writes into the old clinic."""
    assert move(fleet, pen).status_code == 200
    now = clock.now() + timedelta(minutes=max(minutes, 0))
    taken = clock.now() + timedelta(minutes=minutes, seconds=1)
    batch = as_json(a_batch(taken, t0=taken, seq=10))
    arrive(pen.topic(), [batch, batch], now=now)
    stored = [(row["seq"], row["clinic_id"]) for row in rows(BATCHES)]
    aside = [row["reason"] for row in rows(ASIDE)]
    late = minutes > 60
    assert (stored, aside) == ([] if late else [(10, SOHO.id)], ["unknown_device"] if late else [])


def test_a_danger_at_the_new_clinic_is_seen_there_whatever_still_comes_from_the_old(
    fleet, pen, announced, rows
):
    assert move(fleet, pen).status_code == 200
    there, hot = replace(pen, clinic=LISBON), {"temperature_cc": 6000, "depth_um": 0}
    now = clock.now() + timedelta(seconds=1)
    arrive(pen.topic(), [as_json(a_batch(now, t0=now, seq=0, **hot))], now=now)
    arrive(there.topic(), [as_json(a_batch(now, t0=now, seq=10, **hot))], now=now)
    [seen] = fleet.http.as_(people.CHARLIE).get("/v1/alarms").json["items"]
    assert (seen["kind"], seen["state"]) == ("motor_hot", "open")
    told = [(each["clinic_id"], each["kind"]) for each in announced("alarm_raised")]
    assert told == [(str(SOHO.id), "motor_hot"), (str(LISBON.id), "motor_hot")]
    stops = rows("SELECT clinic_id FROM device_telemetry.commands ORDER BY clinic_id")
    assert [each["clinic_id"] for each in stops] == sorted([SOHO.id, LISBON.id]), "under each topic"
    assert [each["clinic_id"] for each in announced("alarm_cleared")] == [str(SOHO.id)]


def test_what_still_comes_from_the_old_clinic_neither_ends_nor_replaces_the_new_ones_alarm(
    fleet, pen, announced
):
    assert move(fleet, pen).status_code == 200
    there = replace(pen, clinic=LISBON)
    now = clock.now() + timedelta(seconds=1)
    heat = {"temperature_cc": 6000, "depth_um": 0}
    arrive(there.topic(), [as_json(a_batch(now, t0=now, seq=0, **heat))], now=now)
    for seconds, temperature_cc in ((20, 3000), (21, 7000)):
        then, heat = now + timedelta(seconds=seconds), heat | {"temperature_cc": temperature_cc}
        arrive(pen.topic(), [as_json(a_batch(then, t0=then, seq=seconds * 10, **heat))], now=then)
        [seen] = fleet.http.as_(people.CHARLIE).get("/v1/alarms").json["items"]
        assert (seen["kind"], seen["state"], seen["worst"]) == ("motor_hot", "open", 6000)
    assert [each["clinic_id"] for each in announced("alarm_cleared")] == [str(SOHO.id)]
    [there_was] = fleet.http.as_(people.ALICE).get("/v1/alarms").json["items"]
    assert (there_was["kind"], there_was["state"]) == ("motor_hot", "cleared")
    later = now + timedelta(seconds=30)
    arrive(there.topic(), [as_json(a_batch(later, t0=later, seq=400, depth_um=0))], now=later)
    [seen] = fleet.http.as_(people.CHARLIE).get("/v1/alarms").json["items"]
    assert seen["state"] == "cleared"


def test_what_rang_in_the_old_clinic_since_ends_by_readings_of_the_new_one(fleet, pen, announced):
    assert move(fleet, pen).status_code == 200
    there, hot = replace(pen, clinic=LISBON), {"temperature_cc": 6000, "depth_um": 0}
    now = clock.now() + timedelta(seconds=1)
    arrive(pen.topic(), [as_json(a_batch(now, t0=now, seq=0, **hot))], now=now)
    later = now + timedelta(seconds=10)
    arrive(there.topic(), [as_json(a_batch(later, t0=later, seq=10, depth_um=0))], now=later)
    assert [each["clinic_id"] for each in announced("alarm_cleared")] == [str(SOHO.id)]


def test_a_danger_of_now_stops_the_device_also_under_the_topic_that_it_left(fleet, pen, rows):
    """What rings in the new clinic is of long ago: of that nobody was told to stop."""
    assert move(fleet, pen).status_code == 200
    there, hot = replace(pen, clinic=LISBON), {"temperature_cc": 6000, "depth_um": 0}
    at = clock.now() + timedelta(seconds=1)
    now = at + timedelta(minutes=5)
    arrive(there.topic(), [as_json(a_batch(at, t0=at, seq=0, **hot))], now=now)
    [late] = fleet.http.as_(people.CHARLIE).get("/v1/alarms").json["items"]
    assert (late["kind"], late["late"], late["stop_sent_at"]) == ("motor_hot", True, None)
    arrive(pen.topic(), [as_json(a_batch(now, t0=now, seq=10, **hot))], now=now)
    stops = rows("SELECT command, clinic_id FROM device_telemetry.commands")
    assert stops == [{"command": "stop", "clinic_id": SOHO.id}]


def test_a_danger_of_both_clinics_at_once_is_seen_in_both(fleet, pen):
    """What comes together from the old topic is hotter and hides nothing from the new clinic."""
    assert move(fleet, pen).status_code == 200
    there, hot = replace(pen, clinic=LISBON), {"temperature_cc": 6000, "depth_um": 0}
    now = clock.now() + timedelta(seconds=1)
    old = as_json(a_batch(now, t0=now, seq=0, **hot | {"temperature_cc": 7000}))
    new = as_json(a_batch(now, t0=now, seq=10, **hot))
    with db.transaction(db.EVERY_CLINIC) as tx:
        readings.store(tx, [Message(pen.topic(), old), Message(there.topic(), new)], now)
    [seen] = fleet.http.as_(people.CHARLIE).get("/v1/alarms").json["items"]
    assert (seen["kind"], seen["state"], seen["worst"]) == ("motor_hot", "open", 6000)


def test_minutes_of_both_clinics_at_once_count_for_each(fleet, pen, rows):
    """The old topic's and the new one's come together; in one minute it needled at both."""
    assert move(fleet, pen).status_code == 200
    there = replace(pen, clinic=LISBON)
    minute = (clock.now() + timedelta(minutes=2)).replace(second=0, microsecond=0)
    sent = [(pen, 0), (pen, 1), (there, 1), (there, 2)]
    messages = [
        Message(whose.topic(), as_json(a_batch(at, t0=at, seq=10 * number)))
        for number, (whose, minutes) in enumerate(sent)
        for at in [minute + timedelta(minutes=minutes)]
    ]
    with db.transaction(db.EVERY_CLINIC) as tx:
        readings.store(tx, messages, minute + timedelta(minutes=3))
    counted = "SELECT clinic_id, samples::int FROM device_telemetry.minutes ORDER BY minute"
    assert [row["samples"] for row in rows(counted)] == [10, 20, 10]
    assert [row["clinic_id"] for row in rows(counted)][::2] == [SOHO.id, LISBON.id]
    needled = """SELECT clinic_id, sum(bit_count(minutes::bit(64)))::int AS n
        FROM device_telemetry.needled_hours GROUP BY clinic_id"""
    assert {row["clinic_id"]: row["n"] for row in rows(needled)} == {SOHO.id: 2, LISBON.id: 2}


def test_what_the_device_kept_and_sends_from_its_new_place_belongs_to_the_old_one(fleet, pen, rows):
    """A frozen batch names no clinic: it goes out under whatever topic the device has then."""
    before = just_now()
    move(fleet, pen)
    there = replace(pen, clinic=LISBON)
    arrive(there.topic(), [as_json(a_batch(before, seq=0, session_id=ids.new()))])
    after = clock.now() + timedelta(seconds=1)
    arrive(there.topic(), [as_json(a_batch(after, seq=100, t0=after))])
    assert [row["clinic_id"] for row in rows(BATCHES)] == [SOHO.id, LISBON.id]
    assert rows(ASIDE) == []


def test_the_holes_that_the_device_still_has_go_along(fleet, pen):
    at = just_now()
    for seq in (0, 30):
        arrive(pen.topic(), [as_json(a_batch(at, seq=seq))])
    move(fleet, pen)
    path = f"/v1/devices/{pen.id}/gaps"
    assert len(fleet.http.as_(people.CHARLIE).get(path).json["items"]) == 1
    arrive(replace(pen, clinic=LISBON).topic(), [as_json(a_batch(at, seq=seq)) for seq in (10, 20)])
    assert fleet.http.as_(people.CHARLIE).get(path).json["items"] == []


def test_what_was_given_up_of_its_readings_is_known_in_its_new_place(fleet, pen):
    at = just_now()
    arrive(pen.topic(), [as_json(a_batch(at, seq=seq)) for seq in (0, 20, 40)])
    path = f"/v1/devices/{pen.id}/gaps"
    given_up = fleet.http.as_(people.ALICE).post(f"{path}/17/10/accept").json
    move(fleet, pen)
    charlie = fleet.http.as_(people.CHARLIE)
    assert charlie.get(path).json["items"][0] == given_up
    told = charlie.post(f"{path}/17/30/accept").json
    assert told["accepted_by"] == str(people.CHARLIE.id)


def test_last_words_under_the_old_topic_say_nothing_of_the_new_place(fleet, pen, rows):
    move(fleet, pen)
    there = replace(pen, clinic=LISBON)
    is_on_line(there)
    is_gone(pen)
    is_on_line(pen, clock.now() + timedelta(seconds=1), firmware="old")
    says(pen, "fault", code="E7")
    seen = fleet.http.as_(people.CHARLIE).get(f"/v1/devices/{pen.id}").json
    assert (seen["status"], seen["online"], seen["firmware"]) == ("idle", True, None)
    assert seen["open_alarms"] == 0
    assert rows("SELECT clinic_id FROM device_telemetry.device_events") == [{"clinic_id": SOHO.id}]
    assert rows(ASIDE) == []


def test_a_device_that_comes_back_is_heard_under_its_topic(fleet, pen, rows):
    move(fleet, pen)
    move(fleet, pen, SOHO, version=2)
    is_on_line(pen)
    arrive(pen.topic(), [as_json(a_batch(clock.now() + timedelta(seconds=1)))])
    assert fleet.http.as_(people.ALICE).get(f"/v1/devices/{pen.id}").json["status"] == "idle"
    assert [row["clinic_id"] for row in rows(BATCHES)] == [SOHO.id]
    places = "SELECT clinic_id FROM device_telemetry.device_places ORDER BY until"
    assert [row["clinic_id"] for row in rows(places)] == [SOHO.id, LISBON.id]


def test_a_device_moves_once_while_its_readings_pour_in(fleet, rows):
    """Movers and ingest lock streams first and the device then: nobody waits crosswise."""
    for turn in range(8):
        pen = fleet.pen()
        at = just_now()

        def pour(numbers, pen=pen, at=at):
            for seq in numbers:
                facts = {"seq": seq, "boot_id": 1 + seq % 30, "temperature_cc": 6000}
                arrive(pen.topic(), [as_json(a_batch(at, **facts))])

        with ThreadPoolExecutor(4) as pool:
            jobs = [pool.submit(pour, range(start, 200, 20)) for start in (0, 10)]
            moves = [pool.submit(move, fleet, pen) for _ in range(2)]
            codes = sorted(each.result().status_code for each in moves)
            for each in jobs:
                each.result()
        assert codes == [200, 412], turn
        mine = "SELECT count(*) AS n FROM device_telemetry.batches WHERE device_id = %(id)s::uuid"
        assert rows(mine, id=pen.id) == [{"n": 20}]
    assert rows(ASIDE) == []
    with db.transaction(db.EVERY_CLINIC) as tx:
        places.follow(tx, clock.now())
    streams = rows("SELECT DISTINCT clinic_id FROM device_telemetry.streams")
    assert streams == [{"clinic_id": LISBON.id}]


def test_a_stream_that_began_during_the_move_follows_with_its_holes(fleet, pen, rows):
    at = just_now()
    move(fleet, pen)
    for seq in (0, 30):  # a boot that nobody knew, still under the old topic
        arrive(pen.topic(), [as_json(a_batch(at, seq=seq, boot_id=99))])
    path = f"/v1/devices/{pen.id}/gaps"
    charlie = fleet.http.as_(people.CHARLIE)
    assert charlie.get(path).json["items"] == []
    for _ in range(2):
        with db.transaction(db.EVERY_CLINIC) as tx:
            places.follow(tx, clock.now())
    assert len(charlie.get(path).json["items"]) == 1
    assert rows("SELECT DISTINCT clinic_id FROM device_telemetry.batches") == [
        {"clinic_id": SOHO.id}
    ]
