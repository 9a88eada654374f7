"""What a clinic offers."""

from typing import Any

from marshmallow import fields, validate

from shared.schemas.appointments import ZONE
from shared.schemas.base import Choice, Currency, Flag, Id, Request, Text, View, Whole
from shared.schemas.practitioners import CREDENTIAL
from shared.schemas.rooms import KIND

_INDICATION = validate.Regexp(r"^IND-[0-9]{2}$", error="Write an id such as IND-01.")
_AREAS = ("face", "body")
_ROLES = [validate.Length(min=1, max=20)]


class ZoneMinutes(Request):
    """How long a zone takes."""

    zone = Text(required=True, most=6, validate=ZONE)
    minutes = Whole(required=True, least=5, most=480)


class ZoneMinutesView(View):
    """How long a zone takes."""

    zone = fields.String(required=True)
    minutes = fields.Integer(required=True)


def _zone_minutes(**options: Any) -> "fields.List[Any]":
    example = [{"zone": "ZON-08", "minutes": 25}, {"zone": "ZON-10", "minutes": 15}]
    about = "Zones that can be booked by themselves; together they take the sum of their minutes"
    return fields.List(
        fields.Nested(ZoneMinutes),
        validate=validate.Length(max=17),
        metadata={"description": about, "example": example},
        **options,
    )


def _device_models(**options: Any) -> "fields.List[Any]":
    about = "Models of device that will do; none: any"
    return fields.List(
        Text(most=100),
        validate=validate.Length(max=20),
        metadata={"description": about},
        **options,
    )


class NewTreatment(Request):
    """A treatment.  Durations in minutes, depth in micrometres, price in minor units.

    `recovery_group` names the skin: sessions of one group keep `interval_days` apart, at every
    clinic; left out, it is the area.
    """

    name = Text(required=True)
    indication = Text(required=True, most=10, validate=_INDICATION)
    duration_minutes = Whole(required=True, least=5, most=480)
    buffer_before_minutes = Whole(load_default=0, most=120)
    buffer_after_minutes = Whole(load_default=0, most=120)
    room_kind = Text(load_default="treatment", most=40, validate=KIND)
    needs_device = Flag(load_default=True)
    interval_days = Whole(required=True, least=1, most=730)
    recovery_group = Text(load_default=None, allow_none=True, most=40, validate=KIND)
    area = Choice(_AREAS, required=True)
    depth_um = Whole(required=True, least=1, most=3000)
    credentials = fields.List(Text(most=60, validate=CREDENTIAL), required=True, validate=_ROLES)
    price_minor = Whole(load_default=None, allow_none=True)
    currency = Currency(load_default=None, allow_none=True)
    zone_minutes = _zone_minutes(load_default=list)
    device_models = _device_models(load_default=list)


class TreatmentChange(Request):
    """What of a treatment shall be different; appointments that exist keep their times."""

    name = Text()
    indication = Text(most=10, validate=_INDICATION)
    duration_minutes = Whole(least=5, most=480)
    buffer_before_minutes = Whole(most=120)
    buffer_after_minutes = Whole(most=120)
    room_kind = Text(most=40, validate=KIND)
    needs_device = Flag()
    interval_days = Whole(least=1, most=730)
    recovery_group = Text(most=40, validate=KIND)
    area = Choice(_AREAS)
    depth_um = Whole(least=1, most=3000)
    credentials = fields.List(Text(most=60, validate=CREDENTIAL), validate=_ROLES)
    price_minor = Whole(allow_none=True)
    currency = Currency(allow_none=True)
    zone_minutes = _zone_minutes()
    device_models = _device_models()
    active = Flag()


class TreatmentView(View):
    """A treatment of a clinic."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    name = fields.String(required=True)
    indication = fields.String(required=True)
    duration_minutes = fields.Integer(required=True)
    buffer_before_minutes = fields.Integer(required=True)
    buffer_after_minutes = fields.Integer(required=True)
    room_kind = fields.String(required=True)
    needs_device = fields.Boolean(required=True)
    interval_days = fields.Integer(required=True)
    recovery_group = fields.String(required=True)
    area = fields.String(required=True)
    depth_um = fields.Integer(required=True)
    credentials = fields.List(fields.String(), required=True)
    price_minor = fields.Integer(required=True, allow_none=True)
    currency = fields.String(required=True, allow_none=True)
    zone_minutes = fields.List(fields.Nested(ZoneMinutesView), required=True)
    device_models = fields.List(fields.String(), required=True)
    active = fields.Boolean(required=True)
    version = fields.Integer(required=True)
