"""From when to when, as a query asks: moments, or days of a clinic."""

import re
from datetime import date
from typing import Any

from marshmallow import fields

from shared.schemas.base import Moment, PlannedDate, Request

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A plus that was not escaped in an address arrives as a space: 2030-01-07T10:00:00 01:00.
_LOST_PLUS = re.compile(r"(T[0-9:.]+) ([0-9]{2}:[0-9]{2})")
_EITHER = {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}]}


class DayOrMoment(fields.Raw):
    """A clinic's day, 2030-01-07, or a moment in RFC 3339 with its offset."""

    def __init__(self, *, description: str, **options: Any) -> None:
        """Let `description` say what a day means here."""
        super().__init__(metadata={**_EITHER, "description": description}, **options)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> date:
        text = value.strip() if isinstance(value, str) else ""
        if not _DAY.fullmatch(text):
            moment: date = Moment().deserialize(_LOST_PLUS.sub(r"\1+\2", text))
            return moment
        day: date = PlannedDate().deserialize(text)
        return day


class Span(Request):
    """From when to when.  Days are the clinic's, both of them whole."""

    starts_from = DayOrMoment(
        required=True,
        data_key="from",
        description="The first moment; or a day, from its beginning by the clinic's clock",
    )
    starts_until = DayOrMoment(
        required=True,
        data_key="to",
        description="The moment before which to end; or a day, to its end by the clinic's clock",
    )
