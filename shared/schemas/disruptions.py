"""Appointments that cannot take place as they stand, and re-planning them, on the wire."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from shared.schemas.appointments import AppointmentView, CourseWarningView
from shared.schemas.base import Choice, Flag, Id, Moment, Request, Text, View, Whole

MOST_ITEMS = 50


class DisruptedArgs(Request):
    """Which disrupted appointments: of one practitioner, room, device or client; in a span."""

    resource_id = Id(
        load_default=None,
        metadata={"description": "A practitioner's, room's, device's or client's only"},
    )
    starts_from = Moment(load_default=None, data_key="from")
    starts_until = Moment(load_default=None, data_key="to")


class AlternativesArgs(Request):
    """How many alternatives."""

    limit = Whole(least=1, most=50, load_default=10)


class DisruptedView(View):
    """An appointment that cannot take place as it stands, and why."""

    appointment = fields.Nested(AppointmentView, required=True)
    kinds = fields.List(fields.String(), required=True)
    sentence = fields.String(required=True)
    since = Moment(required=True)


class ReplanItemView(View):
    """What to send to POST replans to take a place."""

    appointment_id = Id(required=True)
    version = fields.Integer(required=True)
    starts_at = Moment()
    practitioner_id = Id()
    room_id = Id(required=True)
    device_id = Id(required=True, allow_none=True)
    swap = fields.Boolean()


class AlternativeView(View):
    """A place that an appointment could take, and what to send to take it."""

    kind = Choice(("swap", "other_practitioner", "other_time", "other"), required=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    practitioner_id = Id(required=True)
    practitioner_name = fields.String(required=True)
    room_id = Id(required=True)
    room_name = fields.String(required=True)
    device_id = Id(required=True, allow_none=True)
    device_name = fields.String(required=True, allow_none=True)
    item = fields.Nested(ReplanItemView, required=True)


class AlternativesView(View):
    """Places for an appointment, best first.  Times in UTC; `time_zone` is the clinic's."""

    time_zone = fields.String(required=True)
    items = fields.List(fields.Nested(AlternativeView), required=True)


class ReplanItem(Request):
    """Where one appointment shall go: `swap` for another room or device, or a time, a person.

    `room_id` and `device_id` are taken when they are free, others otherwise.
    """

    appointment_id = Id(required=True)
    version = Whole(least=1, required=True)
    starts_at = Moment()
    practitioner_id = Id()
    room_id = Id(load_default=None, allow_none=True)
    device_id = Id(load_default=None, allow_none=True)
    swap = Flag(load_default=False)

    @validates_schema
    def _one_way(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data.get("swap") and data.keys() & {"starts_at", "practitioner_id"}:
            raise ValidationError("A swap keeps time and practitioner.", "swap")


class Replan(Request):
    """Appointments to put elsewhere, all of them or none.

    With `dry_run` nothing changes: the best place for each item is proposed or, without items, for
    the disrupted appointments of a resource or a span.
    """

    items = fields.List(
        fields.Nested(ReplanItem), load_default=list, validate=validate.Length(max=MOST_ITEMS)
    )
    reason = Text(load_default=None, allow_none=True, metadata={"description": "No health data"})
    dry_run = Flag(load_default=False)
    resource_id = Id(load_default=None, allow_none=True)
    starts_from = Moment(load_default=None, allow_none=True, data_key="from")
    starts_until = Moment(load_default=None, allow_none=True, data_key="to")

    @validates_schema
    def _whole(self, data: dict[str, Any], **_kwargs: Any) -> None:
        items = data.get("items", [])
        if len({each["appointment_id"] for each in items}) < len(items):
            raise ValidationError("Each appointment only once.", "items")
        chosen = any(data.get(name) for name in ("resource_id", "starts_from", "starts_until"))
        if data.get("dry_run"):
            if items and chosen:
                raise ValidationError("Name either appointments or a resource and span.", "items")
            return
        if chosen:
            raise ValidationError("Only a dry run takes a resource or a span.", "dry_run")
        if not items:
            raise ValidationError("Say which appointments shall go where.", "items")
        ways = {"starts_at", "practitioner_id"}
        if any(not (each.get("swap") or each.keys() & ways) for each in items):
            raise ValidationError("Say for each where it shall go, or `swap`.", "items")


class ReplanResultView(View):
    """What became of one appointment.

    `moved`, `swapped` or `unchanged`; in a dry run `proposed`, `nothing_free` or `refused`.
    """

    appointment_id = Id(required=True)
    outcome = Choice(
        ("moved", "swapped", "unchanged", "proposed", "nothing_free", "refused"), required=True
    )
    appointment = fields.Nested(AppointmentView, dump_default=None, allow_none=True)
    course_warnings = fields.List(fields.Nested(CourseWarningView), dump_default=list)
    proposal = fields.Nested(AlternativeView, dump_default=None, allow_none=True)
    problem = fields.Dict(
        keys=fields.String(),
        dump_default=None,
        allow_none=True,
        metadata={"description": "type, title and detail of the refusal"},
    )


class ReplanView(View):
    """What became of each appointment, in the order asked, or by time."""

    dry_run = fields.Boolean(required=True)
    results = fields.List(fields.Nested(ReplanResultView), required=True)
