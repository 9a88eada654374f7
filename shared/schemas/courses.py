"""Courses, as they cross the wire."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from shared.schemas.appointments import AppointmentView, LocalMoment, zones
from shared.schemas.base import Choice, Flag, Id, Moment, Request, Text, View, Whole
from shared.schemas.clinics import CLOCK

MOST_SESSIONS = 12
STATES = ("active", "paused", "cancelled", "finished")


class NewCourse(Request):
    """Several sessions of one treatment, all booked or none.

    The first begins exactly when you say, by `starts_at` or by the clinic's clock.  Each next one
    lies as near to `interval_days` after the one before as wishes and free places allow, at most as
    many days too early as `most_interval_days` allows too late.  With `dry_run` nothing is booked.
    """

    treatment_id = Id(required=True)
    client_id = Id(required=True)
    sessions = Whole(
        least=1,
        most=MOST_SESSIONS,
        load_default=None,
        allow_none=True,
        metadata={"description": "Left out: as usual for the indication", "example": 4},
    )
    first_starts_at = Moment()
    first_starts_local = LocalMoment()
    interval_days = Whole(
        least=1,
        most=730,
        load_default=None,
        allow_none=True,
        metadata={"description": "Wished between two sessions", "example": 30},
    )
    most_interval_days = Whole(
        least=1,
        most=822,
        load_default=None,
        allow_none=True,
        metadata={"description": "Left out: two weeks more than wished", "example": 44},
    )
    preferred_weekdays = fields.List(
        Whole(least=1, most=7),
        load_default=list,
        validate=validate.Length(max=7),
        metadata={"description": "1 is Monday; none: any day", "example": [2, 4]},
    )
    earliest_time = Text(
        most=5,
        load_default="00:00",
        validate=CLOCK,
        metadata={"description": "No session begins earlier in the day", "example": "09:00"},
    )
    latest_time = Text(
        most=5,
        load_default="24:00",
        validate=CLOCK,
        metadata={"description": "No session begins later in the day", "example": "13:00"},
    )
    practitioner_id = Id(load_default=None, allow_none=True)
    zones = zones()
    same_practitioner = Flag(
        load_default=False, metadata={"description": "The first session's practitioner for all"}
    )
    dry_run = Flag(load_default=False, metadata={"description": "Show the plan, book nothing"})

    @validates_schema
    def _one_time(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if ("first_starts_at" in data) == ("first_starts_local" in data):
            said = "Say either `first_starts_at` or `first_starts_local`."
            raise ValidationError(said, "first_starts_at")


class CourseChange(Request):
    """Whether the course goes on."""

    status = Choice(("active", "paused"), required=True)
    reason = Text(load_default=None, allow_none=True, metadata={"description": "No health data"})


class CourseSessionView(View):
    """One session: booked, planned, or why it finds no time."""

    number = fields.Integer(required=True)
    starts_at = Moment(
        required=True, metadata={"description": "With `reasons`, where it was tried first"}
    )
    ends_at = Moment(required=True)
    practitioner_id = Id(required=True, allow_none=True)
    practitioner_name = fields.String(required=True, allow_none=True)
    reasons = fields.List(fields.String(), required=True)
    sentence = fields.String(required=True, allow_none=True)
    otherwise_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "The nearest free time that is not as wished"},
    )
    appointment = fields.Nested(AppointmentView, dump_default=None, allow_none=True)


class CourseHistoryView(View):
    """What happened to a course."""

    version = fields.Integer(required=True)
    happened = fields.String(required=True)
    changed_by = Id(required=True, allow_none=True)
    changed_at = Moment(required=True)
    reason = fields.String(required=True, allow_none=True)


class CourseView(View):
    """A course with its sessions.  `paused`: no session begins until a practitioner resumes it."""

    id = Id(required=True)
    version = fields.Integer(required=True)
    status = Choice(STATES, required=True)
    clinic_id = Id(required=True)
    client_id = Id(required=True)
    treatment_id = Id(required=True)
    treatment_name = fields.String(required=True)
    indication = fields.String(required=True)
    practitioner_id = Id(required=True, allow_none=True)
    same_practitioner = fields.Boolean(required=True)
    interval_days = fields.Integer(required=True)
    most_interval_days = fields.Integer(required=True)
    preferred_weekdays = fields.List(fields.Integer(), required=True)
    earliest_time = fields.String(required=True)
    latest_time = fields.String(required=True)
    time_zone = fields.String(required=True)
    completed_sessions = fields.Integer(required=True)
    sessions = fields.List(fields.Nested(CourseSessionView), required=True)


class CourseWithHistoryView(CourseView):
    """A course with its sessions and what happened to it, the oldest first."""

    changes = fields.List(fields.Nested(CourseHistoryView), required=True)


class CoursePlanView(View):
    """What booking would do; nothing was booked."""

    possible = fields.Boolean(required=True)
    time_zone = fields.String(required=True)
    interval_days = fields.Integer(required=True)
    most_interval_days = fields.Integer(required=True)
    sessions = fields.List(fields.Nested(CourseSessionView), required=True)
