"""A boot with many holes: what arrived is known exactly, and few of its ranges are written."""

import random
from types import SimpleNamespace

from deploy.devicekit.wire import as_binary
from services.device_telemetry.domain import coverage
from services.device_telemetry.store import streams
from shared import clock, db
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch, arrive


def test_a_batch_writes_few_ranges_of_a_boot_with_many_holes(pen, rows, monkeypatch):
    monkeypatch.setattr(streams, "RECENT", 3)
    numbers, arrived = list(range(0, 400, 10)), set()
    random.Random(7).shuffle(numbers)  # noqa: S311 # the same in every run
    stored = "SELECT settled, covered FROM device_telemetry.streams"
    for seq in sorted(numbers, key=lambda each: each % 20):
        arrive(pen.topic(), [as_binary(a_batch(just_now(), seq=seq, n=10))])
        arrived.add(seq)
        [row] = rows(stored)
        assert len(row["covered"]) // 2 <= 2 * 3
        whole = coverage.ranges([*row["settled"], *row["covered"]])
        expected = []
        for each in sorted(arrived):
            expected = coverage.add(expected, each, each + 10)
        assert whole == expected
        holes = rows("SELECT from_seq, to_seq FROM device_telemetry.gaps ORDER BY from_seq")
        assert [(hole["from_seq"], hole["to_seq"]) for hole in holes] == coverage.holes(expected)
    assert rows(stored) == [{"settled": [], "covered": [0, 400]}]


def test_what_is_settled_is_not_written_with_the_next_batch(pen, monkeypatch):
    monkeypatch.setattr(streams, "RECENT", 3)
    bodies = [as_binary(a_batch(just_now(), seq=seq, n=10)) for seq in range(0, 400, 20)]
    arrive(pen.topic(), bodies)
    with db.transaction(db.EVERY_CLINIC) as tx:
        [held] = streams.lock(tx, {(pen.id, 17): pen.clinic.id}, 10).values()
        assert len(held.settled) == 17
        held.covered = coverage.add(held.covered, 390, 400)
    written = []
    ear = SimpleNamespace(later=lambda _sql, values: written.append(values))
    streams.advance(ear, [held], clock.now())
    assert [(each["settled"], each["covered"]) for each in written] == [
        ([None], ["{340,350,360,370,380,400}"])
    ]
