"""Appointments, as they cross the wire."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from shared.schemas.base import YEARS, Choice, Flag, Id, Moment, Request, Text, View
from shared.schemas.spans import Span

MOST_DAYS = 92
STATUSES = (
    "held",
    "booked",
    "confirmed",
    "arrived",
    "in_treatment",
    "completed",
    "cancelled",
    "missed",
    "lapsed",
)


class LocalMoment(fields.NaiveDateTime):
    """A clinic's wall time without offset, such as 2030-01-07T10:00."""

    def __init__(self, **options: Any) -> None:
        """ISO 8601 only; an offset is refused, for `starts_at` takes those."""
        super().__init__(format="iso", **options)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise self.make_error("invalid", input=value, obj_type="datetime")
        moment = super()._deserialize(value, *args, **kwargs)
        if moment.year not in YEARS:
            raise ValidationError("This time is not in the years 1900 to 2200.")
        return moment


ZONE = validate.Regexp(r"^ZON-[0-9]{2}$", error="Write a zone such as ZON-08.")


def zones(**options: Any) -> "fields.List[Any]":
    """Return the field for the zones of an appointment; none: the treatment as a whole."""
    return fields.List(
        Text(most=6, validate=ZONE),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=17),
        metadata={"example": ["ZON-08"], "description": "Of the treatment's `zone_minutes`"},
        **options,
    )


class NewAppointment(Request):
    """A treatment for a client.  Say when by `starts_at`, or by the clinic's clock.

    Without a practitioner, the first who is free; room and device are always found.
    """

    treatment_id = Id(required=True)
    client_id = Id(required=True)
    starts_at = Moment()
    starts_local = LocalMoment()
    practitioner_id = Id(load_default=None, allow_none=True)
    hold_id = Id(load_default=None, allow_none=True, metadata={"description": "A hold to use up"})
    zones = zones()

    @validates_schema
    def _one_time(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if ("starts_at" in data) == ("starts_local" in data):
            raise ValidationError("Say either `starts_at` or `starts_local`.", "starts_at")


class NewWalkIn(Request):
    """Somebody who stands at the desk, and for what."""

    treatment_id = Id(required=True)
    client_id = Id(required=True)
    practitioner_id = Id(load_default=None, allow_none=True)
    zones = zones()


class Note(Request):
    """What the desk has to know of a visit, such as a parking place.  No health data."""

    note = Text(required=True, allow_none=True, most=500)


class NewHold(Request):
    """A place to keep for some minutes; the client may still be unknown."""

    treatment_id = Id(required=True)
    starts_at = Moment(required=True)
    client_id = Id(load_default=None, allow_none=True)
    practitioner_id = Id(load_default=None, allow_none=True)
    zones = zones()


class Move(Request):
    """Where to: another time, another practitioner, or both."""

    starts_at = Moment()
    starts_local = LocalMoment()
    practitioner_id = Id()
    reason = Text(load_default=None, allow_none=True)
    course = Choice(
        ("warn", "shift"),
        load_default="warn",
        metadata={
            "description": "Of a session of a course: `shift` moves the later ones by as many days,"
            " `warn` says what is no longer as wished"
        },
    )

    @validates_schema
    def _something(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if "starts_at" in data and "starts_local" in data:
            raise ValidationError("Say either `starts_at` or `starts_local`.", "starts_at")
        if not data.keys() & {"starts_at", "starts_local", "practitioner_id"}:
            raise ValidationError("Say what shall change.", "starts_at")


class Reason(Request):
    """Why, in the desk's words; it stays in the appointment's history.  No health data."""

    reason = Text(load_default=None, allow_none=True)


class Cancellation(Reason):
    """Why, and at whose wish: what the clinic cancels costs the client nothing."""

    wished_by = Choice(("client", "clinic"), data_key="by", metadata={"example": "client"})


class AppointmentsBetween(Span):
    """Appointments that begin in a span of at most 92 days."""

    status = Choice(STATUSES, load_default=None)
    disrupted = Flag(
        load_default=None,
        metadata={
            "description": "Only those that cannot take place as they stand, or only the others",
        },
    )


class AppointmentView(View):
    """The whole appointment.  Times in UTC; `time_zone` is the clinic's."""

    id = Id(required=True)
    version = fields.Integer(required=True)
    status = fields.String(required=True)
    screening = fields.String(required=True)
    clinic_id = Id(required=True)
    client_id = Id(required=True, allow_none=True)
    treatment_id = Id(required=True)
    zones = fields.List(fields.String(), required=True)
    treatment_name = fields.String(required=True)
    indication = fields.String(required=True)
    practitioner_id = Id(required=True)
    practitioner_name = fields.String(required=True)
    room_id = Id(required=True)
    room_name = fields.String(required=True)
    device_id = Id(required=True, allow_none=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    time_zone = fields.String(required=True)
    disrupted = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Why it cannot take place as it stands: kinds; usually none"},
    )
    note = fields.String(dump_default=None, allow_none=True)
    course_id = Id(dump_default=None, allow_none=True)
    course_number = fields.Integer(dump_default=None, allow_none=True)


class CourseWarningView(View):
    """Two sessions of a course that are not as far apart as was wished."""

    sessions = fields.List(fields.Integer(), required=True)
    days = fields.Integer(required=True)
    sentence = fields.String(required=True)


class MovedAppointmentView(AppointmentView):
    """The moved appointment, and what became of the course that it is part of."""

    course_warnings = fields.List(fields.Nested(CourseWarningView), dump_default=list)
    moved_along = fields.List(fields.Nested(AppointmentView), dump_default=list)


class HoldView(View):
    """A place that is kept until `expires_at`."""

    id = Id(required=True)
    status = fields.String(required=True)
    expires_at = Moment(required=True)
    clinic_id = Id(required=True)
    client_id = Id(required=True, allow_none=True)
    treatment_id = Id(required=True)
    zones = fields.List(fields.String(), required=True)
    practitioner_id = Id(required=True)
    room_id = Id(required=True)
    device_id = Id(required=True, allow_none=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    time_zone = fields.String(required=True)


class AppointmentChangeView(View):
    """One entry of an appointment's history."""

    version = fields.Integer(required=True)
    happened = fields.String(required=True)
    changed = fields.List(fields.String(), required=True)
    status = fields.String(required=True)
    starts_at = Moment(required=True)
    changed_by = Id(required=True, allow_none=True)
    changed_at = Moment(required=True)
    reason = fields.String(required=True, allow_none=True)
