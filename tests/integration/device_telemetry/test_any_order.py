"""Duplicated, reordered and late deliveries of one recorded stream leave the same tables."""

from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.devicekit.wire import as_binary, as_json
from shared import db
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch, arrive

SIZES = (3, 10, 1, 7, 20, 5, 10, 2)
STARTS = [sum(SIZES[:i]) for i in range(len(SIZES))]
TABLES = {
    "batches": "device_id, boot_id, seq, t0, n, digest, depth_um, over_limit_n",
    "minutes": "*",
    "streams": "device_id, boot_id, covered, last_at",
    "gaps": "device_id, boot_id, from_seq, to_seq",
    "set_aside": "topic, reason, times",
}


@st.composite
def deliveries(draw):
    """Every batch at least once, in any order, some again, cut into transactions anywhere."""
    order = draw(st.permutations(range(len(SIZES))))
    repeats = draw(st.lists(st.integers(0, len(SIZES) - 1), max_size=6))
    mixed = draw(st.permutations([*order, *repeats]))
    cuts = sorted(draw(st.sets(st.integers(1, len(mixed)), max_size=4)) | {0, len(mixed)})
    return [mixed[a:b] for a, b in pairwise(cuts)]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deliveries=deliveries(), encode=st.sampled_from([as_json, as_binary]))
def test_the_tables_do_not_depend_on_the_order(fleet, pen, rows, deliveries, encode):
    at = just_now().replace(second=57)  # the stream crosses a minute
    bodies = [encode(a_batch(at, seq=seq, n=n)) for seq, n in zip(STARTS, SIZES, strict=True)]
    empty(rows)
    arrived = set()
    for part in deliveries:
        arrive(pen.topic(), [bodies[i] for i in part])
        arrived |= set(part)
        assert gaps_shown(rows) == gaps_expected(arrived)
    mixed = content(rows)

    empty(rows)
    arrive(pen.topic(), bodies)
    assert mixed == content(rows)


def gaps_shown(rows):
    found = rows("SELECT from_seq, to_seq FROM device_telemetry.gaps ORDER BY 1")
    return [(row["from_seq"], row["to_seq"]) for row in found]


def gaps_expected(arrived):
    """By hand: the numbers between the first and the last that nobody has sent."""
    here = {number for i in arrived for number in range(STARTS[i], STARTS[i] + SIZES[i])}
    missing = [n for n in range(min(here), max(here)) if n not in here]
    starts = [n for n in missing if n - 1 not in missing]
    ends = [n + 1 for n in missing if n + 1 not in missing]
    return list(zip(starts, ends, strict=True))


def content(rows):
    return {
        name: rows(f"SELECT {columns} FROM device_telemetry.{name} ORDER BY 1, 2, 3")
        for name, columns in TABLES.items()
    }


def empty(rows):
    with db.transaction(db.EVERY_CLINIC) as tx:
        for name in ("gaps", "streams", "minutes", "batches", "set_aside"):
            tx.run(f"DELETE FROM device_telemetry.{name}")
