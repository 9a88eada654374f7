"""Adverse events: what was noticed after a treatment, and by when somebody must act."""

from marshmallow import fields, validate

from shared.schemas.base import Choice, Flag, Id, Moment, Request, Text, View

CLASSES = ("expected", "watch", "urgent", "emergency")


class NewAdverseEvent(Request):
    """Signs by their ids in the clinical rules, AE-01 to AE-08 and TRI-01 to TRI-17."""

    session_id = Id(load_default=None, allow_none=True)
    signs = fields.List(Text(most=10), required=True, validate=validate.Length(min=1, max=25))
    onset_at = Moment(load_default=None, allow_none=True)
    note = Text(load_default=None, allow_none=True, most=5000)


class AdverseEventView(View):
    """A report and its clocks."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    client_id = Id(required=True)
    session_id = Id(required=True, allow_none=True)
    severity = Choice(CLASSES, required=True, attribute="class")
    signs = fields.List(fields.String(), required=True)
    note = fields.String(required=True, allow_none=True)
    onset_at = Moment(required=True, allow_none=True)
    reply_due_at = Moment(required=True)
    seen_due_at = Moment(required=True)
    incident = Flag(required=True)
    reported_at = Moment(required=True)
    reported_by = Id(required=True)
