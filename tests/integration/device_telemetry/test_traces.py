"""What was delivered: drawn, summed up, announced, and corrected when late readings come."""

from datetime import timedelta

from deploy.devicekit.wire import as_binary
from services.device_telemetry.domain import runs
from services.device_telemetry.store import readback
from services.device_telemetry.usecases import sessions, traces
from shared import clock, db, ids
from tests import people
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch, arrive

CHEEK = 8


def stream(at, session_id, count, **facts):
    return [
        as_binary(a_batch(at, seq=10 * i, session_id=session_id, **facts)) for i in range(count)
    ]


def stamp(moment):
    return moment.isoformat().replace("+00:00", "Z")


def test_a_short_session_is_drawn_sample_by_sample(fleet, pen):
    at, session_id = just_now(), fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), stream(at, session_id, 3))
    trace = fleet.http.as_(people.PRIYA).get(f"/v1/sessions/{session_id}/trace").json
    assert (trace["samples"], trace["picked"], len(trace["points"])) == (30, "all", 30)
    assert trace["points"][1]["depth_um"] == 501
    assert trace["time_zone"] == "Europe/London"
    assert trace["limits"] == [{"zone": 8, "depth_um": 550, "limit_um": 650, "passes": 2}]


def test_a_long_session_is_drawn_without_having_all_of_it_in_memory(fleet, pen, monkeypatch):
    """As many batches as points, each so long that together they are too much."""
    monkeypatch.setattr(traces, "MOST_AT_ONCE", 40)
    at, session_id = just_now(), fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), stream(at, session_id, 30))
    deep = a_batch(at, seq=300, session_id=session_id, depth_um=[*[500] * 7, 640, 500, -20])
    arrive(pen.topic(), [as_binary(deep)])
    read, real = [], readback.samples_of

    def samples_of(*asked):
        read.append(real(*asked))
        return read[-1]

    monkeypatch.setattr(readback, "samples_of", samples_of)
    path = f"/v1/sessions/{session_id}/trace"
    trace = fleet.http.as_(people.PRIYA).get(path, query_string={"points": 31}).json
    assert 0 < sum(each.n for each in read) <= 40
    depths = [each["depth_um"] for each in trace["points"]]
    assert (trace["samples"], min(depths), max(depths)) == (310, -20, 640)


def test_of_any_number_of_batches_at_one_time_few_samples_are_in_memory_at_once(
    fleet, pen, monkeypatch
):
    """All of them may reach over the end of what is asked for, and none can be passed over."""
    monkeypatch.setattr(traces, "MOST_AT_ONCE", 40)
    monkeypatch.setattr(traces, "PART", 20)
    at, session_id = just_now(), fleet.session(pen, {CHEEK: 650})
    for number in range(30):
        t0 = at + timedelta(milliseconds=20 * number)
        arrive(pen.topic(), [as_binary(a_batch(at, seq=10 * number, session_id=session_id, t0=t0))])
    deep = {"depth_um": [*[500] * 5, 640, 500, -20, 2000, -1000]}
    arrive(pen.topic(), [as_binary(a_batch(at, seq=300, session_id=session_id, t0=at, **deep))])
    held, merge = [], runs.merge
    monkeypatch.setattr(runs, "merge", lambda *of: held.append(merge(*of)) or held[-1])
    asked = {"points": 6, "from": stamp(at), "to": stamp(at + timedelta(seconds=0.8))}
    path = f"/v1/sessions/{session_id}/trace"
    trace = fleet.http.as_(people.PRIYA).get(path, query_string=asked).json
    depths = [each["depth_um"] for each in trace["points"]]
    assert (trace["samples"], min(depths), max(depths)) == (173, -20, 640)
    assert 2 < len(depths) <= 6
    assert max(each.n for each in held) <= 70


def test_any_number_of_batches_at_one_time_is_summed_up_in_little_memory(fleet, pen, monkeypatch):
    at, session_id = just_now(), fleet.session(pen, {CHEEK: 502})
    arrive(pen.topic(), stream(at, session_id, 30, t0=at))
    path = f"/v1/sessions/{session_id}/summary"
    at_once = fleet.http.as_(people.PRIYA).get(path).json
    assert at_once["zones"][0]["samples"] == 300
    monkeypatch.setattr(readback, "PART", 20)
    monkeypatch.setattr(readback, "MOST_HELD", 40)
    held, merge = [], readback.merge
    monkeypatch.setattr(readback, "merge", lambda *of: held.append(merge(*of)) or held[-1])
    in_parts = fleet.http.as_(people.PRIYA).get(path).json
    for each in (at_once, in_parts):
        each["zones"][0].pop("seconds")  # what comes too late for its part stands for none
    assert in_parts == at_once
    assert max(each.n for each in held) <= 70


def test_what_another_device_writes_into_a_session_is_no_part_of_it(fleet, pen, announced):
    at, session_id = just_now(), fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), stream(at, session_id, 3))
    fleet.end(pen, session_id)
    for stranger in (fleet.pen(), fleet.pen(people.LISBON)):
        arrive(stranger.topic(), stream(at, session_id, 2, depth_um=4000))
    arrive(pen.topic(), [as_binary(a_batch(at, seq=30, session_id=session_id))])
    with db.transaction(db.EVERY_CLINIC) as tx:
        sessions.summarise_due(tx, clock.now() + timedelta(hours=1))

    trace = fleet.http.as_(people.PRIYA).get(f"/v1/sessions/{session_id}/trace").json
    assert trace["samples"] == 40
    assert max(point["depth_um"] for point in trace["points"]) == 504
    told = announced("run_summarised")
    assert len(told) == 2
    assert "4000" not in str(told)


def test_readings_are_seen_by_those_whose_clinic_it_is_and_by_nobody_else(fleet, pen):
    arrive(pen.topic(), stream(just_now(), fleet.session(pen, {CHEEK: 650}), 3))
    other, own = ids.new(), pen.clinic.id
    for scope, seen in (
        (db.NO_CLINIC, 0),
        (db.Scope.of([]), 0),
        (db.Scope.of([other]), 0),
        (db.Scope.of([other, own]), 3),
        (db.EVERY_CLINIC, 3),
    ):
        with db.transaction(scope) as tx:
            found = tx.one("SELECT count(*) AS n FROM device_telemetry.batches", {})
        assert found == {"n": seen}


def test_a_long_session_keeps_its_deepest_moment_at_any_number_of_points(fleet, pen):
    at, session_id = just_now(), fleet.session(pen, {CHEEK: 650})
    bodies = stream(at, session_id, 40)
    bodies[17] = as_binary(
        a_batch(at, seq=170, session_id=session_id, depth_um=[500] * 4 + [1400] + [500] * 5)
    )
    arrive(pen.topic(), bodies)
    for points in (2, 7, 50):
        trace = (
            fleet.http.as_(people.PRIYA)
            .get(f"/v1/sessions/{session_id}/trace?points={points}")
            .json
        )
        assert len(trace["points"]) <= points
        assert max(point["depth_um"] for point in trace["points"]) == 1400
        assert trace["samples"] == 400


def test_a_stretch_of_a_session_begins_and_ends_where_it_was_asked_to(fleet, pen):
    at, session_id = just_now(), fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), stream(at, session_id, 5))
    start, end = stamp(at + timedelta(seconds=1.5)), stamp(at + timedelta(seconds=3))
    path = f"/v1/sessions/{session_id}/trace?from={start}&to={end}"
    trace = fleet.http.as_(people.PRIYA).get(path).json
    assert trace["samples"] == 15
    crossed = f"/v1/sessions/{session_id}/trace?from={end}&to={start}"
    assert fleet.http.as_(people.PRIYA).get(crossed).status_code == 422


def test_a_stretch_is_drawn_as_finely_at_its_end_as_elsewhere(fleet, pen):
    """Batches of its last half minute may reach out of it, for all that their heads say."""
    at, session_id = just_now() - timedelta(minutes=5), fleet.session(pen, {CHEEK: 650})
    arrive(pen.topic(), stream(at, session_id, 200))
    asked = {"points": 60, "from": stamp(at), "to": stamp(at + timedelta(seconds=150))}
    path = f"/v1/sessions/{session_id}/trace"
    trace = fleet.http.as_(people.PRIYA).get(path, query_string=asked).json
    since = stamp(at + timedelta(seconds=120))
    assert trace["samples"] == 1500
    assert 50 <= len(trace["points"]) <= 60
    assert 10 <= len([each for each in trace["points"] if each["at"] >= since]) <= 14


def test_what_was_delivered_is_announced_at_the_end_and_again_when_late_readings_come(
    fleet, pen, announced
):
    at, session_id = just_now(), fleet.session(pen, {CHEEK: 502})
    bodies = stream(at, session_id, 4)
    arrive(pen.topic(), [bodies[0], bodies[1], bodies[3]])
    fleet.end(pen, session_id)
    [first] = announced("run_summarised")
    assert (first["gaps"], first["zones"][0]["samples"]) == (1, 30)

    arrive(pen.topic(), [bodies[2]])
    with db.transaction(db.EVERY_CLINIC) as tx:
        sessions.summarise_due(tx, clock.now() + timedelta(seconds=6))
        sessions.summarise_due(tx, clock.now() + timedelta(seconds=7))
    [_, second] = announced("run_summarised")
    assert second["gaps"] == 0
    assert second["zones"] == [
        {
            "zone": CHEEK,
            "seconds": 4,
            "samples": 40,
            "depth_min_um": 500,
            "depth_median_um": 502,
            "depth_p95_um": 504,
            "depth_max_um": 504,
            "over_limit_permille": 400,
        }
    ]
    shown = fleet.http.as_(people.PRIYA).get(f"/v1/sessions/{session_id}/summary").json
    assert (shown["state"], shown["zones"]) == ("completed", second["zones"])


def test_an_ended_session_shows_what_was_announced_until_late_readings_or_holes_change_it(
    fleet, pen, monkeypatch
):
    at, session_id = just_now(), fleet.session(pen, {CHEEK: 650})
    bodies = stream(at, session_id, 4)
    after = [as_binary(a_batch(at, seq=10 * i)) for i in (4, 5)]
    arrive(pen.topic(), [bodies[0], bodies[1], bodies[3], after[1]])
    fleet.end(pen, session_id)
    parts, read = readback.parts, []
    monkeypatch.setattr(readback, "parts", lambda *of: read.append(of) or parts(*of))

    def shown():
        return fleet.http.as_(people.PRIYA).get(f"/v1/sessions/{session_id}/summary").json

    first = shown()
    assert (first["state"], first["gaps"], first["zones"][0]["samples"]) == ("completed", 2, 30)
    arrive(pen.topic(), after[:1])
    assert shown() == first | {"gaps": 1}
    assert read == []

    arrive(pen.topic(), [bodies[2]])
    second = shown()
    assert (second["gaps"], second["zones"][0]["samples"], len(read)) == (0, 40, 1)
    summarise(clock.now() + timedelta(minutes=1))
    assert (shown(), len(read)) == (second, 2)


def test_a_summary_that_late_readings_do_not_change_is_not_announced_again(
    fleet, pen, announced, rows
):
    at, session_id = just_now(), fleet.session(pen, {CHEEK: 502})
    later = as_binary(a_batch(at, seq=10, session_id=session_id, t0=at + timedelta(seconds=10)))
    arrive(pen.topic(), [*stream(at, session_id, 1), later])
    fleet.end(pen, session_id)
    lifted = {"zone": 0, "depth_um": 0, "speed_rpm": 0, "t0": at + timedelta(seconds=5)}
    arrive(pen.topic(), [as_binary(a_batch(at, seq=20, session_id=session_id, **lifted))])
    due = "SELECT summary_due_at IS NOT NULL AS is_due FROM device_telemetry.sessions"
    assert rows(due) == [{"is_due": True}]
    summarise(clock.now() + timedelta(seconds=6))
    assert rows(due) == [{"is_due": False}]
    assert len(announced("run_summarised")) == 1


def test_a_session_is_shown_only_to_its_clinics_clinicians(fleet, pen):
    session_id = fleet.session(pen, {CHEEK: 650})
    for what in ("trace", "summary"):
        path = f"/v1/sessions/{session_id}/{what}"
        asked = {
            person.name: fleet.http.as_(person).get(path).status_code for person in people.EVERYONE
        }
        assert asked == {
            "Alice": 200,
            "Priya": 200,
            "Bob": 403,
            "Charlie": 404,
            "Hanna": 403,
            "Ana": 403,
        }
        unknown = f"/v1/sessions/{ids.new()}/{what}"
        assert fleet.http.as_(people.PRIYA).get(unknown).status_code == 404


def test_a_session_that_cannot_be_summed_up_ends_and_keeps_no_other_from_its_summary(
    fleet, pen, announced, rows, monkeypatch
):
    at, pens = just_now(), [pen, fleet.pen(people.LISBON)]
    hopeless, good = (fleet.session(each, {CHEEK: 650}) for each in pens)
    parts, broken = readback.parts, [True]

    def fails_for_one(tx, where):
        if where.session_id == hopeless and broken:
            tx.run("SELECT 1 / 0")
        return parts(tx, where)

    monkeypatch.setattr(readback, "parts", fails_for_one)
    for each, session_id in zip(pens, (hopeless, good), strict=True):
        arrive(each.topic(), stream(at, session_id, 2))
        fleet.end(each, session_id)
        arrive(each.topic(), [as_binary(a_batch(at, seq=20, session_id=session_id))])
    now = clock.now() + timedelta(minutes=1)
    summarise(now)
    state = "SELECT state FROM device_telemetry.sessions WHERE session_id = %(id)s"
    assert rows(state, id=hopeless) == [{"state": "completed"}]
    assert [told["session_id"] for told in announced("run_summarised")] == [str(good)] * 2

    broken.clear()
    summarise(now + sessions.AGAIN_AFTER)
    assert announced("run_summarised")[2]["session_id"] == str(hopeless)


def summarise(now):
    more = True
    while more:
        with db.transaction(db.EVERY_CLINIC) as tx:
            more = sessions.summarise_due(tx, now)
