"""Practitioners of a clinic, their credentials and weekly hours."""

from marshmallow import fields, validate

from shared.schemas.base import Flag, Id, LocalDate, Request, Text, View, Whole
from shared.schemas.clinics import HoursEntry, HoursView

CREDENTIAL = validate.Regexp(
    r"^[a-z0-9]+(_[a-z0-9]+)*$", error="Write a word such as registered_nurse."
)


class NewPractitioner(Request):
    """A staff member who may treat at this clinic.  A null depth or date allows nothing."""

    practitioner_id = Id(required=True, metadata={"description": "The staff member's id"})
    name = Text(required=True)
    credential = Text(required=True, most=60, validate=CREDENTIAL)
    max_depth_face_um = Whole(required=True, most=3000, allow_none=True)
    max_depth_body_um = Whole(required=True, most=3000, allow_none=True)
    valid_until = LocalDate(required=True, allow_none=True)
    hours = fields.List(fields.Nested(HoursEntry), required=True, validate=validate.Length(max=50))


class PractitionerChange(Request):
    """What of a practitioner shall be different; what is left out stays."""

    name = Text()
    credential = Text(most=60, validate=CREDENTIAL)
    max_depth_face_um = Whole(most=3000, allow_none=True)
    max_depth_body_um = Whole(most=3000, allow_none=True)
    valid_until = LocalDate(allow_none=True)
    hours = fields.List(fields.Nested(HoursEntry), validate=validate.Length(max=50))
    active = Flag()


class PractitionerView(View):
    """A practitioner at a clinic."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    name = fields.String(required=True)
    credential = fields.String(required=True)
    max_depth_face_um = fields.Integer(required=True, allow_none=True)
    max_depth_body_um = fields.Integer(required=True, allow_none=True)
    valid_until = LocalDate(required=True, allow_none=True)
    hours = fields.List(fields.Nested(HoursView), required=True)
    active = fields.Boolean(required=True)
    version = fields.Integer(required=True)
