"""A session drawn at any zoom, against the plainest way to draw it: all samples, sorted by time."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.devicekit.wire import as_binary
from services.device_telemetry.store import readback
from services.device_telemetry.usecases import traces
from shared import ids
from tests import people
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import STEP_MS, a_batch, arrive

CHEEK = 8
DRAWN = ("zone", "depth_um", "speed_rpm", "current_ma", "temperature_cc")
# Batches as they were cut: how many samples, how long the pause before, and what was measured.
CUTS = st.lists(
    st.tuples(
        st.integers(1, 12), st.sampled_from([0, 0, 0, 40, 2_000, 40_000]), st.integers(-50, 2500)
    ),
    min_size=1,
    max_size=60,
)


def sent(cuts, at, session_id, boot_id):
    """Return the batches of one boot and what they measured: (time, values as drawn)."""
    batches, told, seq = [], [], 0
    for n, pause_ms, depth in cuts:
        at += timedelta(milliseconds=pause_ms)
        depths = [max(-1000, depth - (i * 37) % 90) for i in range(n)]
        zones = [CHEEK if (seq + i) % 5 else 0 for i in range(n)]
        speeds = [6000 + seq % 7] * n
        batch = a_batch(
            at,
            seq=seq,
            n=n,
            t0=at,
            boot_id=boot_id,
            session_id=session_id,
            depth_um=depths,
            zone=zones,
            speed_rpm=speeds,
        )
        batches.append(as_binary(batch))
        for i in range(n):
            moment = at + timedelta(milliseconds=STEP_MS * i)
            told.append((moment, (zones[i], depths[i], speeds[i], 180, 3120)))
        seq += n
        at += timedelta(milliseconds=STEP_MS * n)
    return batches, told


WITH_A_DATABASE = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@WITH_A_DATABASE
@given(
    first=CUTS,
    second=CUTS,
    points=st.integers(2, 40),
    window=st.tuples(st.none() | st.integers(0, 60), st.none() | st.integers(1, 60)),
    at_once=st.sampled_from([traces.MOST_AT_ONCE, 50]),
)
def test_a_drawing_holds_real_samples_only_and_both_extremes_at_any_zoom(
    fleet, first, second, points, window, at_once
):
    session_id, begun, told = a_session(fleet, first, second)
    start, end = bounds(begun, window)
    naive = sorted(each for each in told if start <= each[0] < end)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(traces, "MOST_AT_ONCE", at_once)
        patch.setattr(traces, "PART", at_once // 5)
        shown = ask(fleet, session_id, points, window, start, end)
    drawn = [
        (datetime.fromisoformat(each["at"]), tuple(each[name] for name in DRAWN))
        for each in shown["points"]
    ]
    assert shown["samples"] == len(naive)
    assert len(drawn) <= points
    assert [at for at, _ in drawn] == sorted(at for at, _ in drawn)
    left = list(naive)
    for each in drawn:
        left.remove(each)
    if len(naive) <= points:
        assert sorted(drawn) == naive
    if naive:
        depths, seen = [values[1] for _, values in naive], [values[1] for _, values in drawn]
        assert (min(seen), max(seen)) == (min(depths), max(depths))


@WITH_A_DATABASE
@given(first=CUTS, second=CUTS, part=st.integers(1, 100))
def test_a_session_read_part_by_part_is_summed_up_as_one_read_at_once(fleet, first, second, part):
    session_id, _, told = a_session(fleet, first, second)
    path = f"/v1/sessions/{session_id}/summary"
    at_once = fleet.http.as_(people.PRIYA).get(path).json
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readback, "PART", part)
        assert fleet.http.as_(people.PRIYA).get(path).json == at_once
    depths = [depth for _, (zone, depth, *_) in told if zone == CHEEK and depth > 0]
    shown = [(each["samples"], each["depth_max_um"]) for each in at_once["zones"]]
    assert shown == ([(len(depths), max(depths))] if depths else [])
    ends = [datetime.fromisoformat(at_once[name]) for name in ("first_at", "last_at")]
    assert ends == [min(at for at, _ in told), max(at for at, _ in told)]


def a_session(fleet, first, second):
    """Return a session, when it began, and what was measured in two boots that overlap in time."""
    pen = fleet.pen(serial=str(ids.new()), name="Pen")
    session_id = fleet.session(pen, {CHEEK: 650})
    begun = just_now() - timedelta(hours=2)
    bodies, told = [], []
    for boot_id, cuts in ((3, first), (17, second)):
        more, measured = sent(cuts, begun, session_id, boot_id)
        bodies, told = bodies + more, told + measured
    arrive(pen.topic(), bodies)
    return session_id, begun, told


def bounds(begun, window):
    """Return the window as moments, wide open where it has no bound."""
    since, until = window
    start = begun + timedelta(seconds=since) if since is not None else begun - timedelta(days=1)
    end = begun + timedelta(days=1)
    if until is not None:
        end = max(start, begun) + timedelta(seconds=until)
    return start, end


def ask(fleet, session_id, points, window, start, end):
    """Ask for the trace; a bound that the window leaves open is not named."""
    query = {"points": points}
    if window[0] is not None:
        query["from"] = start.isoformat().replace("+00:00", "Z")
    if window[1] is not None:
        query["to"] = end.isoformat().replace("+00:00", "Z")
    path = f"/v1/sessions/{session_id}/trace"
    answer = fleet.http.as_(people.PRIYA).get(path, query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json
