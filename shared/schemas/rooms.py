"""Rooms, and the devices that can be booked with them."""

from marshmallow import fields, validate

from shared.schemas.base import Flag, Id, Moment, Request, Text, View, Whole

KIND = validate.Regexp(r"^[a-z0-9]+(_[a-z0-9]+)*$", error="Write a word such as treatment.")


class NewRoom(Request):
    """A room.  `turnover_minutes` after each treatment it is cleaned."""

    name = Text(required=True, most=60)
    kind = Text(load_default="treatment", most=40, validate=KIND)
    turnover_minutes = Whole(required=True, most=240)


class RoomChange(Request):
    """What of a room shall be different; appointments that exist keep their times."""

    name = Text(most=60)
    kind = Text(most=40, validate=KIND)
    turnover_minutes = Whole(most=240)
    active = Flag()


class RoomView(View):
    """A room of a clinic."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    turnover_minutes = fields.Integer(required=True)
    active = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class BookableDeviceView(View):
    """A device as device telemetry last told of it."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    name = fields.String(required=True)
    model = fields.String(required=True)
    status = fields.String(required=True)
    fit = fields.Boolean(required=True)
    reasons = fields.List(fields.String(), required=True)
    changed_at = Moment(required=True)
