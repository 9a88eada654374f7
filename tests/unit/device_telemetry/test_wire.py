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
from shared.schemas import batches
from shared.schemas.batches import BatchUnreadable

PAGE = Path("docs/device-protocol.md").read_text(encoding="utf-8")
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


@given(st.binary(max_size=200), st.booleans())
def test_bytes_that_are_no_batch_are_refused_with_a_reason(raw, binary):
    with pytest.raises(BatchUnreadable) as refused:
        batches.read((b"\x01" if binary else b"{") + raw)
    assert re.fullmatch("[a-z_]+", refused.value.reason)
