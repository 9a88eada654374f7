"""Readings in: stored once, counted once, gaps shown, and what is no batch set aside."""

import json

import pytest

from deploy.devicekit.wire import as_binary, as_json
from services.device_telemetry.domain import coverage
from tests import people
from tests.integration.device_telemetry.conftest import just_now
from tests.integration.device_telemetry.readings import a_batch, arrive

BATCHES = "SELECT * FROM device_telemetry.batches ORDER BY seq"
MINUTES = "SELECT sum(samples)::int AS samples FROM device_telemetry.minutes"
GAPS = "SELECT from_seq, to_seq FROM device_telemetry.gaps ORDER BY from_seq"
ASIDE = "SELECT reason, detail, times, device_id FROM device_telemetry.set_aside ORDER BY reason"


@pytest.mark.parametrize("encode", [as_json, as_binary])
def test_a_batch_is_one_row_with_its_columns_and_extremes(pen, rows, encode):
    batch = a_batch(just_now(), seq=471100, t0=just_now(), cartridge_serial="C-7")
    arrive(pen.topic(), [encode(batch)])

    [row] = rows(BATCHES)
    assert (row["device_id"], row["clinic_id"], row["boot_id"]) == (pen.id, pen.clinic.id, 17)
    assert (row["seq"], row["n"], row["t0"]) == (471100, 10, batch.t0)
    assert (row["depth_min_um"], row["depth_max_um"]) == (500, 504)
    assert row["cartridge_serial"] == "C-7"
    assert [row["dt_ms"], row["zone"], row["depth_um"]] == [list(c) for c in batch.columns[:3]]
    assert row["battery_permille"] == [870] * 10
    assert rows(MINUTES) == [{"samples": 10}]


def test_a_repeat_changes_nothing_in_either_encoding(pen, rows):
    batch = a_batch(just_now())
    arrive(pen.topic(), [as_json(batch), as_json(batch)])
    arrive(pen.topic(), [as_binary(batch)])

    assert len(rows(BATCHES)) == 1
    assert rows(MINUTES) == [{"samples": 10}]
    assert rows(ASIDE) == []


def test_a_hole_is_shown_until_it_is_filled(pen, rows, fleet):
    at = just_now()
    for seq in (0, 30, 50):
        arrive(pen.topic(), [as_json(a_batch(at, seq=seq))])
    assert rows(GAPS) == [{"from_seq": 10, "to_seq": 30}, {"from_seq": 40, "to_seq": 50}]
    seen = fleet.http.as_(people.BOB).get(f"/v1/devices/{pen.id}/gaps").json["items"]
    assert [(gap["from_seq"], gap["to_seq"]) for gap in seen] == [(10, 30), (40, 50)]

    arrive(pen.topic(), [as_json(a_batch(at, seq=20))])
    assert rows(GAPS) == [{"from_seq": 10, "to_seq": 20}, {"from_seq": 40, "to_seq": 50}]
    arrive(pen.topic(), [as_json(a_batch(at, seq=seq)) for seq in (40, 10)])
    assert rows(GAPS) == []


def test_a_part_of_a_hole_is_as_old_as_the_hole(pen, rows):
    at = just_now()
    arrive(pen.topic(), [as_json(a_batch(at, seq=seq)) for seq in (0, 50)])
    [before] = rows("SELECT seen_at FROM device_telemetry.gaps")
    arrive(pen.topic(), [as_json(a_batch(at, seq=20))])
    after = rows("SELECT seen_at FROM device_telemetry.gaps")
    assert after == [before, before]


def test_other_readings_under_a_used_number_are_set_aside(pen, rows):
    at = just_now()
    arrive(pen.topic(), [as_json(a_batch(at))])
    arrive(pen.topic(), [as_json(a_batch(at, depth_um=900)), as_json(a_batch(at, seq=5))])

    assert len(rows(BATCHES)) == 1
    assert [row["reason"] for row in rows(ASIDE)] == ["contradicts", "overlaps"]


def said(**changes):
    """The JSON of a good batch with some facts changed; ... leaves one out."""
    facts = json.loads(as_json(a_batch(just_now()))) | changes
    return json.dumps({name: value for name, value in facts.items() if value is not ...}).encode()


def damaged(at, change):
    body = bytearray(as_binary(a_batch(at)))
    change(body)
    return bytes(body)


BROKEN = {
    "not_json": [b"{", b'{"v": NaN}', b"{" * 60_000, b'{"v"\xff}', b"{\x00}"],
    "unknown_encoding": [b"", b"\x02", b"[]", b"  {}"],
    "too_large": [b"{" + b" " * 64 * 1024],
    "bad_envelope": [
        *(said(**{name: ...}) for name in json.loads(said())),
        said(v=2),
        said(boot_id=-1),
        said(boot_id="17"),
        said(seq=2**63),
        said(seq=True),
        said(seq=10**400),
        said(session_id="no uuid"),
        said(t0="2030-01-07T10:00:00"),
        said(t0="yesterday"),
        said(uptime_ms=1.5),
        said(cartridge_serial="x\x00y"),
        said(cartridge_serial="x" * 65),
        said(cartridge_serial="\ud800"),
    ],
    "bad_columns": [
        said(depth_um=5),
        said(depth_um=[5.0] * 10),
        said(depth_um=[True] * 10),
        said(depth_um=["5"] * 10),
        said(depth_um=[None] * 10),
        said(zone=[[8]] * 10),
    ],
    "unequal_columns": [said(depth_um=[500] * 9), said(dt_ms=[])],
    "no_samples": [said(**{name: [] for name in list(json.loads(said()))[7:]})],
    "too_many_samples": [said(**{name: [8] * 1001 for name in list(json.loads(said()))[7:]})],
    "out_of_range": [
        said(depth_um=[32768] * 10),
        said(depth_um=[-32769] * 10),
        said(depth_um=[10**30] * 10),
        said(depth_um=[5001] * 10),
        said(zone=[18] * 10),
        said(zone=[-1] * 10),
        said(battery_permille=[1001] * 10),
        said(speed_rpm=[-1] * 10),
    ],
    "time_runs_back": [said(dt_ms=[100, 0, *range(2, 10)])],
    "far_future": [said(t0="2100-01-01T00:00:00Z")],
    "too_old": [said(t0="1970-01-01T00:00:00Z")],
    "bad_length": [
        b"\x01",
        b"\x01" * 53,
        damaged(just_now(), lambda body: body.append(0)),
        damaged(just_now(), lambda body: body.pop()),
    ],
    "bad_crc": [damaged(just_now(), lambda body: body.__setitem__(60, body[60] ^ 1))],
}


@pytest.mark.parametrize("reason", BROKEN)
def test_what_is_no_batch_is_set_aside_with_the_reason(pen, rows, reason):
    at = just_now()
    for number, body in enumerate(BROKEN[reason]):
        good = a_batch(at, seq=10 * number)
        arrive(pen.topic(), [body, as_json(good)])

    aside = rows(ASIDE)
    assert {row["reason"] for row in aside} == {reason}
    assert sum(row["times"] for row in aside) == len(BROKEN[reason])
    assert {row["device_id"] for row in aside} == {pen.id}
    assert len(rows(BATCHES)) == len(BROKEN[reason])


def test_a_repeat_of_what_was_set_aside_only_counts(pen, rows, fleet):
    for _ in range(5):
        arrive(pen.topic(), [b"{"] * 20)
    assert [row["times"] for row in rows(ASIDE)] == [100]
    shown = fleet.http.as_(people.BOB).get(f"/v1/devices/{pen.id}").json
    assert shown["set_aside"] == 100
    [item] = fleet.http.as_(people.BOB).get(f"/v1/devices/{pen.id}/set-aside").json["items"]
    assert (item["reason"], item["times"], item["bytes"]) == ("not_json", 100, 1)


def test_the_topic_decides_whose_a_batch_is(pen, fleet, rows):
    lisbon = fleet.pen(people.LISBON)
    body = as_json(a_batch(just_now()))
    foreign = f"pens.{people.LISBON.id}.{pen.id}.readings"
    nobody = "pens.01930000-0000-7000-8000-000000000001.x.readings"
    arrive(foreign, [body])
    arrive(nobody, [body])
    arrive(lisbon.topic(), [body])

    assert [row["reason"] for row in rows(ASIDE)] == ["bad_topic", "unknown_device"]
    assert [row["device_id"] for row in rows(BATCHES)] == [lisbon.id]


def test_a_device_that_sends_every_other_number_does_not_fill_the_memory(pen, rows, monkeypatch):
    monkeypatch.setattr(coverage, "MOST_RANGES", 300)
    bodies = [as_binary(a_batch(just_now(), seq=2 * i, n=1)) for i in range(305)]
    arrive(pen.topic(), bodies)
    assert len(rows(BATCHES)) == 300
    assert [(row["reason"], row["times"]) for row in rows(ASIDE)] == [("too_many_gaps", 1)] * 5


def test_a_device_that_leaves_holes_in_each_of_its_boots_is_bounded_and_no_other(
    fleet, pen, rows, monkeypatch
):
    monkeypatch.setattr(coverage, "MOST_HOLES", 5)
    other, at = fleet.pen(), just_now()

    def boot(of, boot_id):
        bodies = [as_binary(a_batch(at, boot_id=boot_id, seq=2 * i, n=1)) for i in range(3)]
        arrive(of.topic(), bodies)

    for boot_id in range(4):
        boot(pen, boot_id)
    boot(other, 1)
    holes = "SELECT device_id, count(*)::int AS n FROM device_telemetry.gaps GROUP BY 1"
    assert {row["device_id"]: row["n"] for row in rows(holes)} == {pen.id: 5, other.id: 2}
    assert [row["reason"] for row in rows(ASIDE)] == ["too_many_gaps"] * 3

    arrive(pen.topic(), [as_binary(a_batch(at, boot_id=0, seq=1, n=1))])
    arrive(pen.topic(), [as_binary(a_batch(at, boot_id=9, seq=seq, n=1)) for seq in (0, 1, 5)])
    assert {row["device_id"]: row["n"] for row in rows(holes)} == {pen.id: 5, other.id: 2}


def test_many_devices_share_one_transaction(fleet, rows):
    pens = [fleet.pen() for _ in range(3)]
    at = just_now()
    for pen in pens:
        arrive(pen.topic(), [as_binary(a_batch(at, seq=seq)) for seq in (0, 10, 20)])
    counted = rows(
        "SELECT device_id, sum(samples)::int AS n FROM device_telemetry.minutes GROUP BY 1"
    )
    assert {row["device_id"]: row["n"] for row in counted} == {pen.id: 30 for pen in pens}
