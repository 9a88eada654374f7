"""What pens do now, as their live streams tell it."""

from marshmallow import ValidationError, fields, validates_schema

from shared.schemas.base import Choice, Flag, Id, Moment, Request, Text, View, Whole
from shared.schemas.devices import STATUSES
from shared.schemas.traces import ZoneLimitView


class NewPensTicket(Request):
    """Whose pens: all of a clinic, or one device."""

    clinic_id = Id(load_default=None, allow_none=True)
    device_id = Id(load_default=None, allow_none=True)

    @validates_schema
    def one_of_them(self, data: dict[str, object], **_more: object) -> None:
        """Refuse both and neither."""
        if (data.get("clinic_id") is None) == (data.get("device_id") is None):
            raise ValidationError("Name a clinic or a device.", "clinic_id")


class PensQuery(Request):
    """How a browser shows who it is; programs use the Authorization header instead."""

    ticket = Text(most=100, load_default=None)
    last_event_id = Text(
        most=20, load_default=None, metadata={"description": "Ignored: every stream begins anew"}
    )


class ReadingView(View):
    """The last sample, if it is of the last minute."""

    at = Moment(required=True, metadata={"description": "By the platform's clock"})
    zone = Whole(required=True)
    depth_um = Whole(required=True, least=-32768)
    limit_um = Whole(required=True, allow_none=True)
    over = Flag(required=True, allow_none=True, metadata={"description": "Null: no limits known"})
    speed_rpm = Whole(required=True, least=-32768)
    current_ma = Whole(required=True, least=-32768)
    temperature_cc = Whole(required=True, least=-32768)


class PenAlarmView(View):
    """An alarm that is open on a pen; value and limit in the unit of its kind."""

    alarm_id = Id(required=True)
    kind = Text(required=True)
    severity = Choice(("hard", "soft"), required=True)
    zone = Whole(required=True, allow_none=True)
    value = Whole(required=True, allow_none=True, least=-40000)
    limit = Whole(required=True, allow_none=True, least=-40000)
    raised_at = Text(required=True)
    acknowledged_at = Text(required=True, allow_none=True)


class PenView(View):
    """One pen as it is now."""

    device_id = Id(required=True)
    clinic_id = Id(required=True)
    name = Text(required=True)
    model = Text(required=True)
    status = Choice(STATUSES, required=True)
    fit = Flag(required=True)
    online = Flag(required=True)
    battery_permille = Whole(required=True, allow_none=True)
    session_id = Id(
        required=True, allow_none=True, metadata={"description": "The one that is open"}
    )
    started_at = Moment(required=True, allow_none=True)
    limits = fields.List(fields.Nested(ZoneLimitView), required=True)
    reading = fields.Nested(ReadingView, required=True, allow_none=True)
    alarms = fields.List(fields.Nested(PenAlarmView), required=True)
