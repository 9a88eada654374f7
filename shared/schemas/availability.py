"""When a treatment can begin, and why not."""

from datetime import timedelta
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from shared.schemas.base import Flag, Id, Moment, Request, View

LONGEST = timedelta(days=31)


class AvailabilityArgs(Request):
    """Starts from `from` up to, not including, `to`; at most 31 days."""

    treatment_id = Id(required=True)
    starts_from = Moment(required=True, data_key="from")
    starts_until = Moment(required=True, data_key="to")
    practitioner_id = Id(load_default=None)
    client_id = Id(load_default=None)
    explain = Flag(load_default=False, metadata={"from_query": True})

    @validates_schema
    def _order(self, data: dict[str, Any], **_kwargs: Any) -> None:
        length = data["starts_until"] - data["starts_from"]
        if length <= timedelta(0):
            raise ValidationError("Must be after `from`.", "to")
        if length > LONGEST:
            raise ValidationError("At most 31 days at once.", "to")


class TimeView(View):
    """A time that can be booked, and who is free."""

    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    practitioner_ids = fields.List(Id(), required=True)


class RefusedView(View):
    """A time inside the opening hours that cannot be booked, and every reason."""

    starts_at = Moment(required=True)
    reasons = fields.List(fields.String(), required=True)


class AvailabilityView(View):
    """Times in UTC; `time_zone` is the clinic's.  `refused` is filled with `explain=true`."""

    time_zone = fields.String(required=True)
    times = fields.List(fields.Nested(TimeView), required=True)
    refused = fields.List(fields.Nested(RefusedView), required=True)
