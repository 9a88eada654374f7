"""What dates are at a clinic: hours, public holidays, exceptions."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from shared.schemas.base import Id, LocalDate, PlannedDate, Request, Text, View
from shared.schemas.clinics import CLOCK

MOST_DAYS = 366


class Dates(Request):
    """Dates of a clinic, both ends included; at most 366."""

    first = PlannedDate(required=True, data_key="from")
    last = PlannedDate(required=True, data_key="to")

    @validates_schema
    def _not_too_many(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data["last"] < data["first"]:
            raise ValidationError("Must not be before `from`.", "to")
        if (data["last"] - data["first"]).days >= MOST_DAYS:
            raise ValidationError(f"At most {MOST_DAYS} days at once.", "to")


class DayHoursEntry(Request):
    """A stretch of a date in the clinic's local time; `24:00` ends a day."""

    opens = Text(required=True, most=5, validate=CLOCK)
    closes = Text(required=True, most=5, validate=CLOCK)


class DayHoursView(View):
    """A stretch of a date in the clinic's local time."""

    opens = fields.String(required=True)
    closes = fields.String(required=True)


def day_hours(**options: Any) -> "fields.List[Any]":
    """Return the field for the hours of a date; an empty list closes it."""
    return fields.List(
        fields.Nested(DayHoursEntry),
        validate=validate.Length(max=10),
        metadata={"example": [{"opens": "10:00", "closes": "14:00"}]},
        **options,
    )


class NewException(Request):
    """Other hours for one date; without any, the clinic is closed.

    All staff read the reason: a few words about the clinic, never about a person.
    """

    day = PlannedDate(required=True)
    hours = day_hours(required=True)
    reason = Text(load_default=None, allow_none=True, most=60, metadata={"example": "Stock-taking"})


class ExceptionChange(Request):
    """What of an exception shall be different; what is left out stays."""

    hours = day_hours()
    reason = Text(allow_none=True, most=60)


class ExceptionView(View):
    """Other hours for one date."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    day = LocalDate(required=True)
    hours = fields.List(fields.Nested(DayHoursView), required=True)
    reason = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)


class KnownException(View):
    """Which exception made a date what it is."""

    id = Id(required=True)
    reason = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)


class ClinicDayView(View):
    """A date: when the clinic is open, and why it is not as usual."""

    day = LocalDate(required=True)
    hours = fields.List(fields.Nested(DayHoursView), required=True)
    holiday = fields.String(required=True, allow_none=True)
    exception = fields.Nested(KnownException, required=True, allow_none=True)


class ClinicDaysView(View):
    """Dates of a clinic.  `holidays_of` is null when no public holidays are known for it."""

    time_zone = fields.String(required=True)
    closed_on_holidays = fields.Boolean(required=True)
    holidays_of = fields.String(required=True, allow_none=True)
    days = fields.List(fields.Nested(ClinicDayView), required=True)
