"""Alarms of devices.  Depths in micrometres, temperatures in hundredths of a degree."""

from shared.schemas.base import Choice, Flag, Id, Moment, Text, View, Whole

ALARMS = (
    "depth_over_limit",
    "wrong_zone",
    "no_session",
    "cartridge_reused",
    "cartridge_expired",
    "motor_hot",
    "current_high",
    "battery_low",
    "fault",
    "silent",
    "clock_wild",
    "gap_open",
)
STATES = ("open", "acknowledged", "cleared")


class AlarmView(View):
    """One alarm: open until the cause ends, whether or not somebody has seen it."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    device_id = Id(required=True)
    device_name = Text(
        required=True,
        allow_none=True,
        metadata={"description": "Null: the device has moved to another clinic since"},
    )
    session_id = Id(required=True, allow_none=True)
    kind = Choice(ALARMS, required=True)
    severity = Choice(("hard", "soft"), required=True)
    state = Choice(STATES, required=True)
    zone = Whole(required=True, allow_none=True)
    worst = Whole(required=True, allow_none=True, least=-40000)
    limit = Whole(required=True, allow_none=True, least=-40000)
    raised_at = Moment(required=True)
    cleared_at = Moment(required=True, allow_none=True)
    acknowledged_at = Moment(required=True, allow_none=True)
    acknowledged_by = Id(required=True, allow_none=True)
    acknowledged_by_name = Text(required=True, allow_none=True)
    escalated_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "When it had waited too long for somebody to look"},
    )
    device_stopped = Flag(
        required=True,
        allow_none=True,
        metadata={"description": "Whether the device acknowledged its stop; null: none was sent"},
    )
    stop_sent_at = Moment(required=True, allow_none=True)
    stop_confirmed_at = Moment(required=True, allow_none=True)
    late = Flag(
        required=True,
        metadata={"description": "Heard over a minute after it happened: no stop was sent"},
    )
