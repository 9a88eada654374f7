"""The fields and the three kinds of schema that everything else is made of.

Request refuses what it does not know; EventData ignores it, in nested schemas too, so that a newer
publisher never stops an older consumer; View only dumps.
"""

import re
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

INT4 = 2**31 - 1
INT8 = 2**63 - 1
YEARS = range(1900, 2201)  # what a clinic could mean
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_DIGITS = re.compile("-?[0-9]{1,19}")
_E164 = re.compile(r"^\+[1-9][0-9]{6,14}$")


class QueryText(str):
    """Text from a query string, where a number or a flag can only come as text."""

    __slots__ = ()


class Request(Schema):
    """What a caller sends."""

    class Meta:
        """Refuse unknown fields."""

        unknown = RAISE


class View(Schema):
    """What we answer."""

    class Meta:
        """Never loaded from a caller, so strictness is for our own tests."""

        unknown = RAISE


class EventData(Schema):
    """The data of an event, at the top and nested."""

    class Meta:
        """A tolerant reader."""

        unknown = EXCLUDE


class Text(fields.String):
    """Text that PostgreSQL and UTF-8 can hold, trimmed, not empty, at most `most` characters."""

    def __init__(self, *, most: int = 200, least: int = 1, **options: Any) -> None:
        """Lengths count characters after trimming."""
        checks = [validate.Length(min=least, max=most), *_given(options)]
        super().__init__(validate=checks, **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, *args, **kwargs)
        if "\x00" in text or _LONE_SURROGATE.search(text):
            raise ValidationError("Contains characters that are not text.")
        return text.strip()


class Email(Text):
    """An e-mail address, lower-cased in its domain."""

    def __init__(self, **options: Any) -> None:
        """At most 254 characters (RFC 5321)."""
        super().__init__(most=254, validate=validate.Email(), **options)


class Phone(Text):
    """A telephone number in E.164: +351912345678."""

    def __init__(self, **options: Any) -> None:
        """Keep the digits; whether the number is in use is for the gateway to say."""
        check = validate.Regexp(
            _E164, error="Write the number with its country code: +351912345678."
        )
        super().__init__(most=16, validate=check, **options)


class Whole(fields.Integer):
    """A whole number between `least` and `most`; true, 1.0 and "1" are none."""

    def __init__(self, *, least: int = 0, most: int = INT4, **options: Any) -> None:
        """Bounds are inclusive; the default is what a PostgreSQL integer holds, from zero."""
        checks = [validate.Range(min=least, max=most), *_given(options)]
        super().__init__(strict=True, validate=checks, **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, QueryText) and _DIGITS.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **kwargs)


class Flag(fields.Boolean):
    """True or false, and nothing that looks like it."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if isinstance(value, QueryText) and value in {"true", "false"}:
            return value == "true"
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Moment(fields.AwareDateTime):
    """A moment in RFC 3339 with its offset; kept in UTC.  Years 1900 to 2200."""

    def __init__(self, **options: Any) -> None:
        """Refuse a time without an offset: whose clock would it be."""
        super().__init__(format="iso", **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise self.make_error("invalid", input=value, obj_type="datetime")
        try:
            moment = super()._deserialize(value, *args, **kwargs).astimezone(UTC)
        except OverflowError as far:
            raise self.make_error("invalid", input=value, obj_type="datetime") from far
        if moment.year not in YEARS:
            raise ValidationError("This time is not in the years 1900 to 2200.")
        return moment

    def _serialize(self, value: datetime | None, *_args: Any, **_kwargs: Any) -> Any:
        return None if value is None else moment_text(value)


def moment_text(moment: datetime) -> str:
    """Return RFC 3339 in UTC, 2030-01-07T10:00:00Z."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


class LocalDate(fields.Date):
    """A calendar day, 2030-01-07."""

    def __init__(self, **options: Any) -> None:
        """ISO 8601 only."""
        super().__init__(format="iso", **options)


class PlannedDate(LocalDate):
    """A clinic's day, in the years 1900 to 2200."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        day: date = super()._deserialize(value, *args, **kwargs)
        if day.year not in YEARS:
            raise ValidationError("This day is not in the years 1900 to 2200.")
        return day


class Id(fields.UUID):
    """A UUID, as text."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise self.make_error("invalid_uuid")
        return super()._deserialize(value, *args, **kwargs)


class Choice(Text):
    """One word of a list."""

    def __init__(
        self, words: "list[str] | tuple[str, ...] | frozenset[str]", **options: Any
    ) -> None:
        """`words` are what may be said."""
        super().__init__(most=100, validate=validate.OneOf(sorted(words)), **options)


class Currency(Text):
    """An ISO 4217 code; amounts beside it are minor units."""

    def __init__(self, **options: Any) -> None:
        """Three capital letters."""
        super().__init__(most=3, validate=validate.Regexp(r"^[A-Z]{3}$"), **options)


def _given(options: dict[str, Any]) -> list[Any]:
    """Take the caller's own checks out of `options`."""
    given = options.pop("validate", None)
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]
