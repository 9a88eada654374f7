"""When a treatment can begin, and why not."""

from typing import Any
from uuid import UUID

from marshmallow import fields

from shared.schemas.base import Flag, Id, Moment, View, moment_text
from shared.schemas.spans import Span

MOST_DAYS = 42  # six weeks: a month as calendars show it


class AvailabilityArgs(Span):
    """Starts in a span of at most 42 days."""

    treatment_id = Id(required=True)
    practitioner_id = Id(load_default=None)
    client_id = Id(load_default=None)
    explain = Flag(load_default=False, metadata={"from_query": True})


class TimeView(View):
    """A time that can be booked, and who is free."""

    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    practitioner_ids = fields.List(Id(), required=True)


class Times(fields.List[dict[str, Any]]):
    """What TimeView says of each, written at once: a month holds thousands, each naming many."""

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> list[dict[str, Any]]:
        everybody: set[UUID] = set().union(*(each["practitioner_ids"] for each in value))
        names = {found: str(found) for found in everybody}
        return [
            {
                "starts_at": moment_text(each["starts_at"]),
                "ends_at": moment_text(each["ends_at"]),
                "practitioner_ids": [names[found] for found in each["practitioner_ids"]],
            }
            for each in value
        ]


class RefusedView(View):
    """A time inside the opening hours that cannot be booked, and every reason."""

    starts_at = Moment(required=True)
    reasons = fields.List(fields.String(), required=True)


class AvailabilityView(View):
    """Times in UTC; `time_zone` is the clinic's.  `refused` is filled with `explain=true`."""

    time_zone = fields.String(required=True)
    times = Times(fields.Nested(TimeView), required=True)
    refused = fields.List(fields.Nested(RefusedView), required=True)
