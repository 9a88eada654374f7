"""When a treatment can begin, and why not."""

from typing import Any

from marshmallow import fields, validate

from shared.schemas.base import Flag, Id, Moment, Text, View, moment_text
from shared.schemas.spans import Span

_ZONES = r"^ZON-[0-9]{2}(,ZON-[0-9]{2}){0,16}$"
MOST_DAYS = 42  # six weeks: a month as calendars show it


class AvailabilityArgs(Span):
    """Starts in a span of at most 42 days."""

    treatment_id = Id(required=True)
    practitioner_id = Id(load_default=None)
    client_id = Id(load_default=None)
    zones = Text(
        load_default=None,
        most=120,
        validate=validate.Regexp(_ZONES, error="Write zones such as ZON-08,ZON-10."),
        metadata={"description": "Of the treatment, commas between", "example": "ZON-08,ZON-10"},
    )
    explain = Flag(load_default=False, metadata={"from_query": True})


class TimeView(View):
    """A time that can be booked, and who is free."""

    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    practitioner_ids = fields.List(Id(), required=True)


class Times(fields.List[dict[str, Any]]):
    """What TimeView says of each, written at once: a month holds thousands, each naming many."""

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> list[dict[str, Any]]:
        names: dict[int, str] = {}  # by identity: to hash an id costs as much as to write it
        for each in value:
            for found in each["practitioner_ids"]:
                if id(found) not in names:
                    names[id(found)] = str(found)
        return [
            {
                "starts_at": moment_text(each["starts_at"]),
                "ends_at": moment_text(each["ends_at"]),
                "practitioner_ids": [names[id(found)] for found in each["practitioner_ids"]],
            }
            for each in value
        ]


class RefusedView(View):
    """A time inside the opening hours that cannot be booked, and every reason."""

    starts_at = Moment(required=True)
    reasons = fields.List(fields.String(), required=True)
    sentences = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Each reason in the words that staff read when they book"},
    )


class AvailabilityView(View):
    """Times in UTC; `time_zone` is the clinic's.  `refused` is filled with `explain=true`."""

    time_zone = fields.String(required=True)
    times = Times(fields.Nested(TimeView), required=True)
    refused = fields.List(fields.Nested(RefusedView), required=True)
