"""Duplicated, reordered and late deliveries of recorded streams leave the same tables.

Two pens with two boots each, sessions that are announced at any moment, both encodings.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.devicekit.wire import Batch, as_binary, as_json
from services.device_telemetry.usecases import readings
from services.device_telemetry.usecases.set_aside import Message
from shared import clock, db, ids
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch

CHEEK, NOSE = 8, 6
SIZES = (3, 10, 1, 7)
STARTS = tuple(sum(SIZES[:i]) for i in range(len(SIZES)))
BOOTS = (17, 18)
BATCHES = 2 * len(BOOTS) * len(SIZES)
ANNOUNCED = (BATCHES, BATCHES + 1)  # the session of the first pen, and of the second
TABLES = {
    "batches": "device_id, boot_id, seq, t0, clinic_id, session_id, n, uptime_ms, digest,"
    " cartridge_serial, dt_ms, zone, depth_um, speed_rpm, current_ma, temperature_cc,"
    " battery_permille, depth_min_um, depth_max_um, speed_mean_rpm, current_max_ma,"
    " temperature_max_cc, over_limit_n",
    "minutes": "*",
    "streams": "device_id, boot_id, covered, last_at, latest, latest_at, latest_session_id",
    "gaps": "device_id, boot_id, from_seq, to_seq",
    "runs": "session_id, device_id, boot_id, first_t0, last_t0, batches, samples, needling_at,"
    " depth_max_um, unknown_at IS NULL AS announced",
    "set_aside": "topic, reason, times",
}
EMPTIED = (
    *("gaps", "streams", "minutes", "batches", "runs", "set_aside", "alarms", "commands"),
    *("session_limits", "run_summaries", "cartridge_uses", "sessions"),
)


@dataclass(frozen=True)
class Sent:
    """A batch of a pen."""

    pen: int
    topic: str
    batch: Batch


@dataclass(frozen=True)
class Step:
    """What is delivered: a number of a batch in an encoding, or of a session's announcement."""

    number: int
    encode: object
    again: bool  # the transaction that it is in was committed and is delivered again
    transaction: int


@st.composite
def deliveries(draw):
    """Everything at least once, in any order, some again, cut into transactions anywhere."""
    order = draw(st.permutations(range(BATCHES + 2)))
    repeats = draw(st.lists(st.integers(0, BATCHES + 1), max_size=8))
    mixed = draw(st.permutations([*order, *repeats]))
    cuts = draw(st.sets(st.integers(1, len(mixed)), max_size=6))
    again = draw(st.sets(st.integers(0, len(cuts)), max_size=2))
    encodings = draw(st.lists(st.sampled_from([as_json, as_binary]), min_size=len(mixed)))
    steps, transaction = [], 0
    for place, number in enumerate(mixed):
        transaction += place in cuts
        steps.append(Step(number, encodings[place], transaction in again, transaction))
    return steps


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=deliveries())
def test_the_tables_do_not_depend_on_the_order(fleet, rows, steps):
    pens, sessions = two_pens(fleet)
    sent = recorded(pens, sessions)
    play(fleet, rows, pens, sessions, sent, steps)
    mixed = content(rows)

    in_order = [Step(number, as_binary, False, 0) for number in (*ANNOUNCED, *range(BATCHES))]
    play(fleet, rows, pens, sessions, sent, in_order)
    assert mixed == content(rows)
    assert sum(row["over_limit_n"] for row in mixed["batches"]) == over_by_hand(sent, sessions)


def test_what_contradicts_is_set_aside_and_changes_nothing(fleet, rows):
    pens, sessions = two_pens(fleet)
    sent = recorded(pens, sessions)
    everything = [Step(number, as_json, False, 0) for number in (*ANNOUNCED, *range(BATCHES))]
    play(fleet, rows, pens, sessions, sent, everything)
    before = content(rows)
    for each in sent:
        other = [*each.batch.columns[:2], [77] * each.batch.n, *each.batch.columns[3:]]
        bring([Message(each.topic, as_json(replace(each.batch, columns=other)))])
    after = content(rows)
    assert {row["reason"] for row in after.pop("set_aside")} == {"contradicts"}
    assert after == {name: found for name, found in before.items() if name != "set_aside"}


def play(fleet, rows, pens, sessions, sent, steps):
    """Deliver into empty tables; after each transaction exactly the right holes are shown."""
    empty()
    arrived = set()
    kinds = groupby(steps, key=lambda step: (step.transaction, step.number in ANNOUNCED))
    for (_, announces), together in kinds:
        part = list(together)
        if announces:
            for number in {step.number for step in part}:
                which = ANNOUNCED.index(number)
                announce(fleet, pens[which], sessions[which])
            continue
        messages = [Message(sent[s.number].topic, s.encode(sent[s.number].batch)) for s in part]
        for _ in range(1 + part[0].again):
            bring(messages)
            arrived |= {step.number for step in part}
            assert gaps_shown(rows) == gaps_expected(pens, sent, arrived)


def two_pens(fleet):
    while len(fleet.made) < 2:
        fleet.pen()
    return fleet.made, (ids.new(), ids.new())


def recorded(pens, sessions):
    """What the pens took: too deep, out of plan, in no session, in a session of the other pen."""
    at = just_now().replace(second=57)  # the streams cross a minute
    named = {(0, 17): sessions[0], (0, 18): None, (1, 17): sessions[1], (1, 18): sessions[0]}
    return [
        Sent(
            pen,
            pens[pen].topic(),
            a_batch(
                at + timedelta(seconds=3 * (boot - BOOTS[0])),
                seq=seq,
                n=n,
                boot_id=boot,
                session_id=named[pen, boot],
                depth_um=[500 + 100 * (i % 3) for i in range(n)],
                zone=[NOSE if i == 3 else CHEEK for i in range(n)],
                cartridge_serial="C-7" if n > 5 else None,
            ),
        )
        for pen in range(2)
        for boot in BOOTS
        for seq, n in zip(STARTS, SIZES, strict=True)
    ]


def over_by_hand(sent, sessions):
    return sum(
        zone == NOSE or depth > 650
        for each in sent
        if each.batch.session_id == sessions[each.pen]
        for zone, depth in zip(*each.batch.columns[1:3], strict=True)
    )


def announce(fleet, pen, session_id: UUID):
    fleet.session(pen, {CHEEK: 650}, session_id=session_id)


def bring(messages):
    with db.transaction(db.EVERY_CLINIC) as tx:
        readings.store(tx, messages, clock.now())


def gaps_shown(rows):
    columns = "device_id, boot_id, from_seq, to_seq"
    return [
        tuple(row.values())
        for row in rows(f"SELECT {columns} FROM device_telemetry.gaps ORDER BY 1, 2, 3")
    ]


def gaps_expected(pens, sent, arrived):
    """By hand: the numbers between the first and the last of a boot that nobody has sent."""
    here = {}
    for number in arrived:
        batch = sent[number].batch
        name = (pens[sent[number].pen].id, batch.boot_id)
        here.setdefault(name, set()).update(range(batch.seq, batch.seq + batch.n))
    found = []
    for name, numbers in here.items():
        missing = [n for n in range(min(numbers), max(numbers)) if n not in numbers]
        starts = [n for n in missing if n - 1 not in missing]
        ends = [n + 1 for n in missing if n + 1 not in missing]
        found += [(*name, start, end) for start, end in zip(starts, ends, strict=True)]
    return sorted(found)


def content(rows):
    return {
        name: rows(f"SELECT {columns} FROM device_telemetry.{name} ORDER BY 1, 2, 3")
        for name, columns in TABLES.items()
    }


def empty():
    with db.transaction(db.EVERY_CLINIC) as tx:
        for name in EMPTIED:
            tx.run(f"DELETE FROM device_telemetry.{name}")
