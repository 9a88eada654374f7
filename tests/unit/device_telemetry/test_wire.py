"""The test vectors of docs/device-protocol.md: kit and platform agree to the byte."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.devicekit import wire
from services.device_telemetry.domain import alarms, commands, readings, words
from shared.schemas import batches
from shared.schemas.batches import BatchUnreadable
from shared.schemas.devices import DEVICE_EVENTS, DeviceEvent, DeviceStatus

PAGE = Path("docs/device-protocol.md").read_text(encoding="utf-8")
NOBODY = UUID(int=0)
VECTORS = re.findall(r"```json vector (\S+)\n(.*?)\n```\n.*?```hex \1\n(.*?)\n```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("name", "text", "hexadecimal"), VECTORS, ids=[v[0] for v in VECTORS])
def test_a_vector_says_the_same_in_both_encodings(name, text, hexadecimal):
    raw = bytes.fromhex(hexadecimal)
    from_json, from_binary = batches.read(text.encode()), batches.read(raw)
    assert from_json.digest == from_binary.digest
    assert (from_json.samples == from_binary.samples).all()
    for fact in ("boot_id", "seq", "t0", "uptime_ms", "session_id", "cartridge_serial", "n"):
        assert getattr(from_json, fact) == getattr(from_binary, fact)
    assert wire.as_binary(of_kit(json.loads(text))) == raw
    assert json.loads(wire.as_json(of_kit(json.loads(text)))) == json.loads(text)


def test_the_page_holds_vectors():
    assert {name for name, _, _ in VECTORS} >= {"plain", "without-session", "extremes"}


def of_kit(said):
    session = said["session_id"]
    return wire.Batch(
        boot_id=said["boot_id"],
        seq=said["seq"],
        t0=datetime.fromisoformat(said["t0"]),
        uptime_ms=said["uptime_ms"],
        columns=[said[name] for name in wire.COLUMNS],
        session_id=UUID(session) if session else None,
        cartridge_serial=said["cartridge_serial"],
    )


INT2 = st.integers(-32768, 32767)


@given(
    st.integers(1, 40).flatmap(
        lambda n: st.lists(st.lists(INT2, min_size=n, max_size=n), min_size=7, max_size=7)
    ),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**62),
    st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31)),  # noqa: DTZ001 # made aware below
    st.none() | st.text("abcXYZ0189-", min_size=1, max_size=64),
    st.none() | st.uuids(),
)
def test_what_the_kit_writes_the_platform_reads(columns, boot_id, seq, at, serial, session):
    batch = wire.Batch(
        boot_id=boot_id,
        seq=seq,
        t0=at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=UTC),
        uptime_ms=seq,
        columns=columns,
        session_id=session,
        cartridge_serial=serial,
    )
    one, two = batches.read(wire.as_json(batch)), batches.read(wire.as_binary(batch))
    assert one.digest == two.digest
    assert one.samples.tolist() == two.samples.tolist() == columns
    assert (two.boot_id, two.seq, two.t0) == (boot_id, seq, batch.t0)
    assert (two.session_id, two.cartridge_serial) == (session, serial)
    seen = batches.glance(wire.as_json(batch))
    assert (seen[0], seen[1].tolist()) == (session, columns)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["session_id", *wire.COLUMNS]), ANYTHING), ANYTHING)
def test_a_glance_at_any_json_shows_samples_or_nothing(facts, other):
    whole = {name: [1, 2] for name in wire.COLUMNS} | {"session_id": None} | facts
    for said in (whole, facts, other):
        seen = batches.glance(json.dumps(said).encode())
        assert seen is None or (len(seen[1]) == len(wire.COLUMNS) and seen[1].size)


def test_nobody_glances_at_what_is_too_large_to_be_read():
    """It takes milliseconds, and thousands of such may come at once."""
    whole = json.dumps({name: [1, 2] for name in wire.COLUMNS} | {"session_id": None}).encode()
    assert batches.glance(whole.ljust(batches.MOST_BYTES)) is not None
    assert batches.glance(whole.ljust(batches.MOST_BYTES + 1)) is None


@pytest.mark.parametrize("encoded", [wire.as_json, wire.as_binary])
@pytest.mark.parametrize("fact", ["seq", "uptime_ms"])
def test_both_encodings_end_at_the_same_number(encoded, fact):
    said = json.loads(VECTORS[0][1])
    assert batches.read(encoded(of_kit(said | {fact: 2**63 - 1001})))
    with pytest.raises(BatchUnreadable):
        batches.read(encoded(of_kit(said | {fact: 2**63 - 1000})))


@given(st.binary(max_size=200), st.booleans())
def test_bytes_that_are_no_batch_are_refused_with_a_reason(raw, binary):
    with pytest.raises(BatchUnreadable) as refused:
        batches.read((b"\x01" if binary else b"{") + raw)
    assert re.fullmatch("[a-z_]+", refused.value.reason)


def examples(kind):
    found = re.findall(rf"```json {kind}\n(.*?)\n```", PAGE, re.DOTALL)
    return [json.loads(each) for text in found for each in text.splitlines()]


def test_the_page_says_of_each_alarm_whether_it_stops_the_device():
    table = PAGE.partition("## When an alarm begins")[2]
    rows = re.findall(r"(?m)^\| (`.+?) \| .* \| (.+?) \|$", table)
    told = {kind: stops for names, stops in rows for kind in re.findall(r"`(\w+)`", names)}
    assert set(told) == set(alarms.SEVERITIES)
    hard = {kind for kind, severity in alarms.SEVERITIES.items() if severity == "hard"}
    assert {kind for kind, stops in told.items() if stops.startswith("yes")} == hard


def test_the_page_gives_the_range_of_each_column():
    rows = re.findall(r"(?m)^\| `(\w+)` \|.* \| ([^ ]?[\d,]+) … ([\d,]+) \|$", PAGE)
    told = {name: (number(least), number(most)) for name, least, most in rows}
    least, most = readings.LEAST.tolist(), readings.MOST.tolist()
    assert told == dict(zip(wire.COLUMNS, zip(least, most, strict=True), strict=True))


def number(text):
    return int(text.replace("\N{MINUS SIGN}", "-").replace(",", ""))


def test_events_and_statuses_of_the_page_are_understood():
    events = [DeviceEvent().load(each) for each in examples("event")]
    assert len(events) >= 3
    assert {each["event"] for each in events} <= set(DEVICE_EVENTS)
    assert [DeviceStatus().load(each)["online"] for each in examples("status")] == [True, False]


def test_commands_of_the_page_are_what_devices_are_told():
    told, stop = examples("command")
    ids = [UUID(told["id"]), NOBODY, NOBODY, UUID(told["session_id"])]
    more = {name: told[name] for name in ("cartridge", "limits")}
    assert told == commands.set_limits(*ids, **more).body
    ids = [UUID(stop["id"]), NOBODY, NOBODY, UUID(stop["session_id"])]
    assert stop == commands.stop(*ids, reason=stop["reason"]).body


@pytest.mark.parametrize("event", ["cartridge_inserted", "command_done"])
def test_an_event_that_does_not_say_what_it_is_about_is_not_heeded(event):
    said = {"v": 1, "boot_id": 1, "seq": 1, "at": "2030-01-07T10:00:00Z", "event": event}
    assert not words.is_event(DeviceEvent().load(said))


@pytest.mark.parametrize("event", ["fault", "depth_over_limit", "needling_stopped"])
def test_what_alarms_counts_whatever_it_leaves_out(event):
    said = {"v": 1, "boot_id": 1, "seq": 1, "at": "2030-01-07T10:00:00Z", "event": event}
    assert words.is_event(DeviceEvent().load(said))
