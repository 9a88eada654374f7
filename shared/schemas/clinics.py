"""Clinics and weekly hours, as they cross the wire."""

import zoneinfo

from marshmallow import ValidationError, fields, validate

from shared.schemas.base import Email, Flag, Id, Phone, Request, Text, View, Whole

CLOCK = validate.Regexp(
    r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", error="Write a time of the day such as 09:30."
)
_PLACE = validate.Regexp(r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$", error="Write a code such as GB or US-CA.")


def _zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError("Write an IANA time zone such as Europe/London.")


class HoursEntry(Request):
    """A stretch of a weekday in the clinic's local time; 1 is Monday, `24:00` ends a day."""

    weekday = Whole(required=True, least=1, most=7)
    opens = Text(required=True, most=5, validate=CLOCK)
    closes = Text(required=True, most=5, validate=CLOCK)


class HoursView(View):
    """A stretch of a weekday in the clinic's local time."""

    weekday = fields.Integer(required=True)
    opens = fields.String(required=True)
    closes = fields.String(required=True)


class NewClinic(Request):
    """A clinic that joins the franchise.  Hours are local; the policy numbers say their unit."""

    name = Text(required=True)
    time_zone = Text(required=True, most=64, validate=_zone)
    jurisdiction = Text(required=True, most=10, validate=_PLACE)
    phone = Phone(load_default=None, allow_none=True)
    email = Email(load_default=None, allow_none=True)
    hours = fields.List(fields.Nested(HoursEntry), required=True, validate=validate.Length(max=50))
    step_minutes = Whole(load_default=15, least=5, most=120)
    lead_minutes = Whole(load_default=0, most=43_200)
    horizon_days = Whole(load_default=365, least=1, most=730)
    screening_first = Flag(load_default=False)
    closed_on_holidays = Flag(
        load_default=False,
        metadata={"description": "Close on the public holidays of `jurisdiction`"},
    )


class ClinicChange(Request):
    """What of a clinic shall be different; what is left out stays."""

    name = Text()
    time_zone = Text(most=64, validate=_zone)
    jurisdiction = Text(most=10, validate=_PLACE)
    phone = Phone(allow_none=True)
    email = Email(allow_none=True)
    hours = fields.List(fields.Nested(HoursEntry), validate=validate.Length(max=50))
    step_minutes = Whole(least=5, most=120)
    lead_minutes = Whole(most=43_200)
    horizon_days = Whole(least=1, most=730)
    screening_first = Flag()
    closed_on_holidays = Flag()
    active = Flag()


class ClinicView(View):
    """A clinic as it now is."""

    id = Id(required=True)
    name = fields.String(required=True)
    time_zone = fields.String(required=True)
    jurisdiction = fields.String(required=True)
    phone = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    hours = fields.List(fields.Nested(HoursView), required=True)
    step_minutes = fields.Integer(required=True)
    lead_minutes = fields.Integer(required=True)
    horizon_days = fields.Integer(required=True)
    screening_first = fields.Boolean(required=True)
    closed_on_holidays = fields.Boolean(required=True)
    active = fields.Boolean(required=True)
    version = fields.Integer(required=True)
