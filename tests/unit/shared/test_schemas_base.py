"""Fields take what they mean and nothing that looks like it."""

from datetime import UTC, datetime

import pytest
from marshmallow import Schema, ValidationError, fields

from shared.schemas.base import (
    Choice,
    Currency,
    Email,
    EventData,
    Flag,
    Id,
    LocalDate,
    Moment,
    Phone,
    QueryText,
    Request,
    Text,
    Whole,
)


def read(field, value):
    return field.deserialize(value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (Whole(), True),
        (Whole(), "1"),
        (Whole(), 1.0),
        (Whole(), 1.5),
        (Whole(), -1),
        (Whole(), 99_999_999_999),
        (Whole(), 10**50),
        (Whole(), None),
        (Whole(), QueryText("1.0")),
        (Whole(), QueryText("\u0661")),
        (Whole(), QueryText("9" * 30)),
        (Whole(least=1, most=5), 6),
        (Flag(), "yes"),
        (Flag(), 1),
        (Flag(), "true"),
        (Flag(), QueryText("yes")),
        (Text(), ""),
        (Text(), "   "),
        (Text(), 7),
        (Text(), "a\x00b"),
        (Text(), "\ud800"),
        (Text(most=3), "abcd"),
        (Moment(), "2030-01-07T10:00:00"),
        (Moment(), "2030-01-07"),
        (Moment(), 1893456000),
        (Moment(), "1066-10-14T09:00:00Z"),
        (Moment(), "9999-12-31T23:59:59-14:00"),
        (Moment(), "0001-01-01T00:00:00+14:00"),
        (LocalDate(), "2030-02-30"),
        (LocalDate(), "07/01/2030"),
        (Id(), "nobody"),
        (Id(), 7),
        (Email(), "a@b"),
        (Email(), "a@b.example\nBcc: x@y.example"),
        (Phone(), "0912345678"),
        (Phone(), "+351 912 345 678"),
        (Choice(["a", "b"]), "c"),
        (Currency(), "eur"),
    ],
    ids=repr,
)
def test_what_only_looks_like_it_is_refused(field, value):
    with pytest.raises(ValidationError):
        read(field, value)


@pytest.mark.parametrize(
    ("field", "value", "meant"),
    [
        (Whole(), 0, 0),
        (Whole(), QueryText("50"), 50),
        (Whole(least=-5), QueryText("-5"), -5),
        (Flag(), False, False),
        (Flag(), QueryText("true"), True),
        (Text(), "  Zoë ", "Zoë"),
        (Moment(), "2030-01-07T10:00:00+01:00", datetime(2030, 1, 7, 9, tzinfo=UTC)),
        (Moment(), "2030-01-07T10:00:00Z", datetime(2030, 1, 7, 10, tzinfo=UTC)),
        (Phone(), "+351912345678", "+351912345678"),
        (Currency(), "EUR", "EUR"),
    ],
    ids=repr,
)
def test_what_it_means_is_read(field, value, meant):
    assert read(field, value) == meant


def test_moments_leave_in_utc_with_a_z():
    class Shown(Schema):
        at = Moment()

    noon = datetime.fromisoformat("2030-07-01T12:00:00+02:00")
    assert Shown().dump({"at": noon}) == {"at": "2030-07-01T10:00:00Z"}


def test_requests_refuse_what_they_do_not_know_and_events_ignore_it():
    class Inner(EventData):
        a = Whole()

    class Told(EventData):
        inner = fields.Nested(Inner)

    class Asked(Request):
        a = Whole()

    assert Told().load({"inner": {"a": 1, "new": 2}, "new": 3}) == {"inner": {"a": 1}}
    with pytest.raises(ValidationError):
        Asked().load({"a": 1, "new": 2})
