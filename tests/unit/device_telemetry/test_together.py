"""Many batches looked at together say what each says alone."""

from collections import defaultdict
from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deploy.devicekit import wire
from services.device_telemetry.domain import blocks, minutes, readings
from services.device_telemetry.domain.blocks import Block
from services.device_telemetry.domain.minutes import Part
from services.device_telemetry.domain.readings import Impossible, Row
from shared.schemas import batches
from shared.schemas.batch_layouts import read_all
from shared.schemas.batches import BatchUnreadable

# near what a device may measure at all, on both sides
EDGES = [*readings.LEAST.tolist(), *readings.MOST.tolist(), 650, 651, 8, 1, -1, 18, 5001, 32767]
VALUES = st.sampled_from(sorted({value for value in EDGES if value <= 32767})) | st.integers(0, 17)
SIZES = st.sampled_from([1, 2, 3, 10])
LIMITS = st.none() | st.dictionaries(st.integers(1, 17), st.integers(0, 3000), max_size=4)


@st.composite
def samples(draw, n, *, possible=False):
    rows = [draw(st.lists(VALUES, min_size=n, max_size=n)) for _ in Row]
    if draw(st.booleans()) or possible:
        rows[Row.DT_MS].sort()
    found = np.array(rows, dtype=np.int16)
    return found.clip(readings.LEAST[:, None], readings.MOST[:, None]) if possible else found


def is_possible(each):
    try:
        readings.require_possible(each)
    except Impossible:
        return False
    return True


@given(st.lists(SIZES.flatmap(samples), max_size=12))
def test_batches_are_possible_together_as_they_are_alone(several):
    assert blocks.possible(several) == [is_possible(each) for each in several]


@st.composite
def held(draw):
    n = draw(SIZES)
    known = draw(st.lists(LIMITS, min_size=1, max_size=3))
    pairs = st.tuples(samples(n, possible=True), st.sampled_from(known))
    return draw(st.lists(pairs, min_size=1, max_size=8))


@given(held())
def test_limits_hold_together_as_they_do_alone(pairs):
    block = Block.of([each for each, _ in pairs])
    over = block.over_limit([limits for _, limits in pairs])
    for marks, (each, limits) in zip(over.tolist(), pairs, strict=True):
        alone = [False] * each.shape[1] if limits is None else readings.over_limit(each, limits)
        assert marks == list(alone)


@given(st.lists(st.tuples(held(), st.integers(0, 2), st.integers(0, 200_000)), max_size=4))
def test_minutes_are_what_counting_sample_by_sample_gives(several):
    parts, by_hand = [], defaultdict(list)
    for pairs, device, t0 in several:
        block = Block.of([each for each, _ in pairs])
        over = block.over_limit([limits for _, limits in pairs])
        starts = [t0 + 31_000 * number for number in range(len(pairs))]
        parts.append(Part([device] * len(pairs), starts, over, block.samples))
        for start, marks, (each, _) in zip(starts, over, pairs, strict=True):
            for mark, one in zip(marks.tolist(), each.T.tolist(), strict=True):
                by_hand[device, (start + one[Row.DT_MS]) // 60_000].append((mark, one))

    counted = minutes.count(parts)
    assert [(each.device, each.minute) for each in counted] == sorted(by_hand)
    for each in counted:
        found = by_hand[each.device, each.minute]
        depths = [one[Row.DEPTH_UM] for _, one in found]
        speeds = [one[Row.SPEED_RPM] for _, one in found]
        moves = [speed > 0 and depth > 0 for speed, depth in zip(speeds, depths, strict=True)]
        assert (each.samples, each.needling_samples) == (len(found), sum(moves))
        assert each.over_limit_samples == sum(mark for mark, _ in found)
        assert (each.depth_sum, each.speed_sum) == (sum(depths), sum(speeds))
        assert (each.depth_min_um, each.depth_max_um) == (min(depths), max(depths))
        assert each.current_max_ma == max(one[Row.CURRENT_MA] for _, one in found)
        assert each.temperature_max_cc == max(one[Row.TEMPERATURE_CC] for _, one in found)


@st.composite
def bodies(draw):
    """A batch as a device may send it, whole or damaged."""
    n = draw(SIZES)
    batch = wire.Batch(
        boot_id=draw(st.sampled_from([0, 17, 2**32 - 1])),
        seq=draw(st.sampled_from([0, 471_100, 2**63 - 1001, 2**63 - 1000])),
        t0=datetime(2030, 1, 7, 10, tzinfo=UTC),
        uptime_ms=draw(st.sampled_from([0, 2**63 - 1])),
        columns=draw(samples(n)).tolist(),
        session_id=draw(st.none() | st.uuids()),
        cartridge_serial=draw(st.sampled_from([None, "C", "C-7", "x\x00y", "é", "x" * 65])),
    )
    body = bytearray(wire.as_json(batch) if draw(st.integers(0, 3)) == 0 else wire.as_binary(batch))
    match draw(st.integers(0, 5)):
        case 0:
            body[draw(st.integers(0, len(body) - 1))] ^= 1 << draw(st.integers(0, 7))
        case 1:
            del body[draw(st.integers(0, len(body) - 1)) :]
    return bytes(body)


@given(st.lists(bodies(), max_size=8))
def test_messages_are_read_together_as_they_are_alone(several):
    assert [said(found) for found in read_all(several)] == [said(alone(body)) for body in several]


def alone(body):
    try:
        return batches.read(body)
    except BatchUnreadable as wrong:
        return wrong


def said(found):
    if isinstance(found, BatchUnreadable):
        return found.reason, str(found)
    names = ("boot_id", "seq", "t0", "uptime_ms", "session_id", "cartridge_serial", "digest")
    return *(getattr(found, name) for name in names), found.samples.tolist()
