"""What was delivered in each zone, against the plainest way to sum it up: all samples at once."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.device_telemetry.domain.readings import Row
from services.device_telemetry.domain.runs import Run, nothing
from services.device_telemetry.domain.tallies import Tally, Zone
from tests.unit.device_telemetry.samples import CHEEK, NOSE, samples

# A sample: milliseconds since the one before, its zone, its depth, its speed.
SAMPLES = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 7, 100, 100, 100, 999, 1000, 1001, 60_000]),
        st.sampled_from([0, 0, NOSE, CHEEK, CHEEK, 17]),
        st.integers(-1000, 5000),
        st.sampled_from([0, 6600, 6600, 6600]),
    ),
    max_size=120,
)


def run(depths, **rows):
    found = samples(len(depths), depth_um=depths, **rows)
    return Run(np.arange(len(depths), dtype=np.int64) * 100, found)


def summarise(whole, limits):
    return tally([whole]).zones(limits)


def tally(parts):
    found = Tally()
    for part in parts:
        found.add(part)
    return found


def plainly(whole, limits):
    """Sum up with every sample at hand."""
    zones, depths, speeds = (whole.samples[row] for row in (Row.ZONE, Row.DEPTH_UM, Row.SPEED_RPM))
    steps = np.minimum(np.diff(whole.at_ms), 1000)
    lasted = np.append(steps, int(np.median(steps))) if steps.size else np.zeros(whole.n, dtype=int)
    found = []
    for zone in sorted(set(zones.tolist()) - {0}):
        inside = (speeds > 0) & (depths > 0) & (zones == zone)
        depth = depths[inside]
        if not depth.size:
            continue
        found.append(
            Zone(
                zone=zone,
                seconds=round(int(lasted[inside].sum()) / 1000),
                samples=depth.size,
                depth_min_um=depth.min(),
                depth_median_um=np.percentile(depth, 50, method="higher"),
                depth_p95_um=np.percentile(depth, 95, method="higher"),
                depth_max_um=depth.max(),
                over_limit_permille=int((depth > limits.get(zone, -1)).sum()) * 1000 // depth.size,
            )
        )
    return found


@given(
    told=SAMPLES,
    cuts=st.lists(st.integers(0, 120), max_size=8),
    limits=st.dictionaries(st.sampled_from([NOSE, CHEEK]), st.integers(0, 3000)),
)
def test_however_it_is_cut_the_sum_is_that_of_all_samples_at_once(told, cuts, limits):
    steps, zones, depths, speeds = ([each[i] for each in told] for i in range(4))
    found = samples(len(told), zone=zones, depth_um=depths, speed_rpm=speeds)
    whole = Run(1_763_000_000_000 + np.cumsum(steps, dtype=np.int64), found)
    edges = [0, *sorted(min(cut, whole.n) for cut in cuts), whole.n]
    counted = tally(whole.only(slice(start, end)) for start, end in pairwise(edges))
    assert counted.zones(limits) == plainly(whole, limits)
    ends = (int(whole.at_ms[0]), int(whole.at_ms[-1])) if told else (None, None)
    assert (counted.first_ms, counted.last_ms) == ends


def test_however_often_the_same_time_is_sent_in_parts_it_stands_once():
    once = run([500] * 301, zone=[NOSE] * 301)
    [zone] = tally([once, once, once.only(slice(0, 200)), once]).zones({})
    assert (zone.seconds, zone.samples) == (30, 1103)


def test_each_zone_is_summed_up_by_itself():
    zones = summarise(
        run([400, 500, 600, 700, 300, 200], zone=[CHEEK] * 4 + [NOSE] * 2), {CHEEK: 650, NOSE: 300}
    )
    nose, cheek = zones
    assert (cheek.samples, cheek.depth_min_um, cheek.depth_max_um) == (4, 400, 700)
    assert (cheek.depth_median_um, cheek.depth_p95_um, cheek.over_limit_permille) == (600, 700, 250)
    assert (nose.zone, nose.samples, nose.over_limit_permille) == (NOSE, 2, 0)


def test_time_in_the_air_and_pauses_are_not_delivered():
    found = run([500] * 20, zone=[CHEEK] * 10 + [0] * 10)
    found.at_ms[5:] += 60_000
    [cheek] = summarise(found, {CHEEK: 650})
    assert (cheek.samples, cheek.seconds) == (10, 2)  # 0.9 s and one second of the pause


def test_a_zone_without_a_limit_is_wholly_over_it():
    [zone] = summarise(run([100]), {})
    assert zone.over_limit_permille == 1000


def test_nothing_delivered_sums_up_to_nothing():
    assert summarise(nothing(), {CHEEK: 650}) == []


def test_percentiles_are_depths_that_were_measured_the_next_above():
    [zone] = summarise(run(list(range(1, 101))), {CHEEK: 650})
    assert (zone.depth_median_um, zone.depth_p95_um) == (51, 96)


@pytest.mark.parametrize(
    ("at_ms", "seconds"),
    [
        ([0, 500], (0, 0)),  # 0.5 s each; half a second is rounded to the even second
        ([0, 501], (1, 1)),
        ([0, 0, 900], (1, 0)),  # the last stands for the median step, 450 ms
        ([0, 1000, 2000], (2, 1)),
        ([0, 1500, 3000], (2, 1)),  # no sample stands for longer than a second
    ],
)
def test_a_sample_stands_until_the_next_and_the_last_as_long_as_is_usual(at_ms, seconds):
    whole = run([500] * len(at_ms), zone=[NOSE] * (len(at_ms) - 1) + [CHEEK])
    whole.at_ms[:] = at_ms
    nose, cheek = summarise(whole, {})
    assert (nose.seconds, cheek.seconds) == seconds
