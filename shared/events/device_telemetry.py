"""What device telemetry announces."""

from marshmallow import fields

from shared.schemas.alarms import ALARMS
from shared.schemas.base import Choice, EventData, Flag, Id, Moment, Text, Whole
from shared.schemas.traces import ZoneSummary


class DeviceChanged(EventData):
    """A needling device: whether it may be used, and why not.

    When a device moves, the clinic that it leaves hears it first, with the reason `moved`.
    """

    device_id = Id(required=True)
    clinic_id = Id(required=True)
    model = Text(required=True, most=60)
    name = Text(required=True)  # the label on the device: "Pen 3"
    status = Choice(("registered", "idle", "needling", "offline", "retired"), required=True)
    fit = Flag(required=True)
    reasons = fields.List(
        Text(most=60), required=True
    )  # codes: calibration_due, service_due, moved, ...
    changed_at = Moment(required=True)


class AlarmChanged(EventData):
    """An alarm of a device.  Depths in micrometres, temperatures in hundredths of a degree."""

    alarm_id = Id(required=True)
    clinic_id = Id(required=True)
    device_id = Id(required=True)
    session_id = Id(required=True, allow_none=True)
    kind = Choice(ALARMS, required=True)
    severity = Choice(("hard", "soft"), required=True)  # hard: the device was told to stop
    zone = Whole(required=True, allow_none=True)
    value = Whole(required=True, allow_none=True, least=-40000)
    limit = Whole(required=True, allow_none=True, least=-40000)
    raised_at = Moment(required=True)
    cleared_at = Moment(required=True, allow_none=True)
    device_name = Text(load_default=None, allow_none=True)
    late = Flag(load_default=False)  # heard too long after it happened for a stop to help
    acknowledged_at = Moment(load_default=None, allow_none=True)
    acknowledged_by = Id(load_default=None, allow_none=True)
    acknowledged_by_name = Text(load_default=None, allow_none=True)
    escalated_at = Moment(load_default=None, allow_none=True)
    stop_sent_at = Moment(load_default=None, allow_none=True)
    stop_confirmed_at = Moment(load_default=None, allow_none=True)


class RunSummarised(EventData):
    """What a device really did in a session."""

    session_id = Id(required=True)
    clinic_id = Id(required=True)
    device_id = Id(required=True)
    zones = fields.List(fields.Nested(ZoneSummary), required=True)
    gaps = Whole(required=True)  # holes still open in the stream
    first_at = Moment(required=True, allow_none=True)
    last_at = Moment(required=True, allow_none=True)


EVENTS: dict[str, tuple[type[EventData], str]] = {
    "device_telemetry.device_changed.v1": (
        DeviceChanged,
        "Sent when a device is registered, goes on or off line, or becomes fit or unfit for use.",
    ),
    "device_telemetry.alarm_raised.v1": (AlarmChanged, "Sent when an alarm opens."),
    "device_telemetry.alarm_cleared.v1": (AlarmChanged, "Sent when an alarm ends."),
    "device_telemetry.alarm_acknowledged.v1": (
        AlarmChanged,
        "Sent when somebody has seen an alarm, once: the first is named.",
    ),
    "device_telemetry.alarm_escalated.v1": (
        AlarmChanged,
        "Sent when nobody has seen an open alarm for a minute, or a soft one for 15 minutes; once.",
    ),
    "device_telemetry.alarm_stop_confirmed.v1": (
        AlarmChanged,
        "Sent when the device has confirmed the stop that an alarm sent it.",
    ),
    "device_telemetry.run_summarised.v1": (
        RunSummarised,
        "Sent when a session has ended and what the device delivered is known.",
    ),
}
