"""What is drawn of a session, and how its minutes are counted."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.device_telemetry.domain import minutes, runs
from services.device_telemetry.domain.minutes import Part
from services.device_telemetry.domain.runs import Heads, Run
from tests.unit.device_telemetry.samples import samples


def run(depths, **rows):
    found = samples(len(depths), depth_um=depths, **rows)
    return Run(np.arange(len(depths), dtype=np.int64) * 100, found)


def test_of_nothing_nothing_is_drawn():
    assert runs.pick(runs.nothing(), 10).n == 0


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=200), st.integers(2, 50))
def test_a_drawing_has_at_most_so_many_points_and_both_extremes(depths, points):
    whole = run(depths)
    found = runs.pick(whole, points)
    chosen = (found.at_ms // 100).tolist()
    assert len(chosen) <= points
    assert chosen == sorted(set(chosen))
    drawn = found.samples[2].tolist()
    assert drawn == [depths[i] for i in chosen]
    assert (min(drawn), max(drawn)) == (min(depths), max(depths))


def test_few_samples_are_drawn_one_by_one():
    depths = [3, 1, 2, 2, 5, 4]
    for points in (6, 7):
        assert runs.pick(run(depths), points).samples[2].tolist() == depths
    assert runs.pick(run(depths), 5).n < 6


def test_two_runs_are_merged_in_the_order_of_time():
    first, second = run([1, 2]), run([3, 4])
    second.at_ms[:] = [50, 150]
    assert runs.merge(first, second).samples[2].tolist() == [1, 3, 2, 4]


def test_a_stretch_of_time_takes_its_first_moment_and_leaves_its_last():
    assert runs.within(run([1, 2, 3, 4]), 100, 300).samples[2].tolist() == [2, 3]
    assert runs.within(run([1, 2]), None, None).n == 2


def heads(starts):
    """Batches of one sample each."""
    of = np.array(starts, dtype=np.int64)
    depths = np.zeros_like(of, dtype=np.int16)
    return Heads(of, np.ones_like(of), of, np.ones_like(of), depths, depths)


def test_a_batch_lies_within_a_stretch_whatever_its_length_may_be():
    longest = 32_767
    asked = heads([99, 100, 200, 1000])
    assert runs.wholly_within(asked, None, None).tolist() == [True] * 4
    assert runs.wholly_within(asked, 100, None).tolist() == [False, True, True, True]
    assert runs.wholly_within(asked, None, 200 + longest).tolist() == [True, True, False, False]
    assert runs.wholly_within(asked, 100, 201 + longest).tolist() == [False, True, True, False]
    assert runs.wholly_within(heads([]), 100, 200).tolist() == []


def test_of_no_batches_none_is_chosen():
    chosen, moments = runs.pick_batches(heads([]), np.empty(0, dtype=bool), 10)
    assert (chosen.tolist(), moments) == ([], [])
    assert runs.pick_between(runs.nothing(), []).n == 0


def test_batches_count_their_samples():
    three = heads([1, 2, 3])
    assert (three.batches, three.samples) == (3, 3)
    assert three.only(three.t0_ms > 1).t0_ms.tolist() == [2, 3]


def test_of_long_batches_fewer_are_read_at_once():
    three = replace(heads([1, 2, 3]), n=np.array([10, 1000, 100]))
    afforded = [runs.affordable(three, most) for most in (999, 1000, 1099, 1100, 1110)]
    assert afforded == [0, 1, 1, 2, 3]


def test_a_batch_across_a_minute_counts_in_both():
    part = Part([0], [59_850], np.array([[True, False, False, True]]), samples(4)[None])
    first, second = minutes.count([part])
    assert (first.minute, first.samples, first.over_limit_samples) == (0, 2, 1)
    assert (second.minute, second.samples, second.over_limit_samples) == (1, 2, 1)
    assert (second.depth_sum, second.speed_sum) == (1000, 13200)
    assert minutes.count([]) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 200), st.booleans()), min_size=1, max_size=40
    )
)
def test_an_hour_has_a_bit_for_each_minute_in_which_a_device_needled(told):
    parts = [
        Part(
            [device],
            [60_000 * minute],
            np.zeros((1, 1), dtype=bool),
            samples(1, speed_rpm=6600 if moves else 0)[None],
        )
        for device, minute, moves in told
    ]
    hours = minutes.needled(minutes.count(parts))
    assert [(each.device, each.hour) for each in hours] == sorted(
        {(device, minute // 60) for device, minute, moves in told if moves}
    )
    found = {
        (each.device, 60 * each.hour + bit)
        for each in hours
        for bit in range(64)
        if each.minutes >> bit & 1
    }
    assert found == {(device, minute) for device, minute, moves in told if moves}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 300_000)), min_size=1, max_size=20))
def test_minutes_add_up_to_all_samples_in_order_of_device_and_minute(starts):
    parts = [
        Part([device], [t0], np.zeros((1, 3), dtype=bool), samples(3)[None])
        for device, t0 in starts
    ]
    counted = minutes.count(parts)
    assert sum(each.samples for each in counted) == 3 * len(parts)
    keys = [(each.device, each.minute) for each in counted]
    assert keys == sorted(set(keys))


@given(
    st.lists(st.lists(st.integers(-1000, 3000), min_size=1, max_size=8), min_size=1, max_size=60),
    st.integers(2, 20),
    st.just((0, 0)) | st.tuples(st.integers(0, 20), st.integers(0, 20)),
)
def test_heads_alone_lead_to_the_extremes_of_every_stretch(depths, points, rim):
    """Also where batches at both ends reach out of what is asked for, and are all read."""
    runs_of = [run(each) for each in depths]
    for number, each in enumerate(runs_of):
        each.at_ms[:] += 10_000 * number
    count = np.array([len(each) for each in depths], dtype=np.int64)
    heads = Heads(
        t0_ms=np.arange(len(depths), dtype=np.int64) * 10_000,
        boot_id=np.ones_like(count),
        seq=np.cumsum(count) - count,
        n=count,
        shallowest=np.array([min(each) for each in depths], dtype=np.int16),
        deepest=np.array([max(each) for each in depths], dtype=np.int16),
    )
    numbers = np.arange(len(depths))
    inner = (numbers >= rim[0]) & (numbers < len(depths) - rim[1])
    chosen, moments = runs.pick_batches(heads, inner, points)
    assert len(chosen) <= points
    assert inner[chosen].all()
    if inner.any():
        assert len(moments) + 1 == min(points // 2, len(depths) - rim[0])
    found = runs.nothing()
    for index in [*chosen.tolist(), *np.flatnonzero(~inner).tolist()]:
        found = runs.merge(found, runs_of[index])
    drawn = runs.pick_between(found, moments)
    assert drawn.n <= points
    edges = [0, *moments, 10_000 * len(depths)]
    for start, end in pairwise(edges):
        stretch = [d for i, each in enumerate(depths) for d in each if start <= 10_000 * i < end]
        shown = runs.within(drawn, start, end).samples[2].tolist()
        assert (min(shown), max(shown)) == (min(stretch), max(stretch))
