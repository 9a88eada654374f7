"""JSON without its traps."""

import pytest
from marshmallow import ValidationError

from shared.http.json import MAX_DEPTH, Malformed, loads


def test_ordinary_json_is_read():
    text = '{"name": "Zoë \\ud83d\\ude00", "depths_um": [500, 1.5e2], "note": null, "ok": true}'
    assert loads(text.encode()) == {
        "name": "Zoë 😀",
        "depths_um": [500, 150.0],
        "note": None,
        "ok": True,
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"'single'",
        b'{"a": 1, "a": 2}',
        b'{"outer": {"a": 1, "a": 1}}',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"1e999",
        b"-1e999",
        b"9" * 10_000,
        b"0." + b"9" * 10_000,
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"s":' * 100_000,
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b'"raw \x00"',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_malformed_json_is_refused(body):
    with pytest.raises(Malformed):
        loads(body)


def test_nesting_up_to_the_limit_is_read():
    assert loads(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


def test_a_long_flat_list_is_not_deep():
    assert len(loads(b"[" + b"{}," * 1000 + b"{}]")) == 1001


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\udfff", "\\ude00\\ud83d"])
@pytest.mark.parametrize("place", ['"{}"', '{{"a": "{}"}}', '{{"{}": 1}}', '[[["x{}"]]]'])
def test_characters_that_are_no_text_are_refused_everywhere(text, place):
    with pytest.raises(ValidationError):
        loads(place.format(text))
