"""JSON without its traps."""

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from flask import Flask
from marshmallow import ValidationError

from shared.http.json import MAX_DEPTH, Malformed, Provider, loads


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


@pytest.fixture
def written():
    app = Flask("answers")
    app.json = Provider(app)

    def write(value):
        answer = app.json.response(value)
        assert answer.mimetype == "application/json"
        assert app.json.dumps(value).encode() == answer.data
        return answer.data.decode()

    return write


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [None, True, 0.5]}, '{"b":1,"a":[null,true,0.5]}'),
        (datetime(2026, 3, 29, 1, 30, 0, 5000, tzinfo=UTC), '"2026-03-29T01:30:00.005000Z"'),
        (
            datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=1))),
            '"2026-03-29T01:30:00Z"',
        ),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        ("Zoë 😀", '"Zoë 😀"'),
    ],
)
def test_an_answer_says_moments_in_utc_and_keeps_the_order_of_names(written, value, text):
    assert written(value) == text


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, 10**100, "\ud800", {1: "one"}])
def test_what_the_fast_writer_refuses_is_written_all_the_same(written, value):
    assert written(value) == json.dumps(value, separators=(",", ":"))


def test_what_is_no_json_is_refused(written):
    with pytest.raises(TypeError):
        written({"pen": object()})
