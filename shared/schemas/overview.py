"""The picture of all clinics.  Ids, numbers and device states; nothing of a client."""

from marshmallow import fields

from shared.schemas.base import Choice, Flag, Id, LocalDate, Moment, Text, View, Whole

NUMBERS = (
    "bookings",
    "utilisation",
    "no_shows",
    "devices_online",
    "unsafe_depth_alarms",
    "adverse_events",
    "messages_delivered",
)
CLINIC_STATES = ("live", "silent", "unknown", "closed")


class NumberView(View):
    """One number of today beside the same weekday last week."""

    name = Choice(NUMBERS, required=True)
    unit = Choice(("count", "permille"), required=True)
    value = Whole(required=True, allow_none=True)
    last_week = Whole(required=True, allow_none=True)
    delta = Whole(required=True, allow_none=True, least=-(2**31))
    of = Whole(
        required=True,
        allow_none=True,
        metadata={"description": "The whole that `value` is part of, such as all devices"},
    )
    open = Whole(
        required=True,
        allow_none=True,
        metadata={"description": "How many still wait for a person, of any day"},
    )


class ClinicCounts(View):
    """How many clinics can be believed."""

    total = Whole(required=True)
    live = Whole(required=True)
    silent = Whole(required=True)
    unknown_ = Whole(required=True, attribute="unknown", data_key="unknown")
    closed = Whole(required=True)


class OverviewView(View):
    """The seven numbers of all clinics, each by its own calendar day."""

    as_of = Moment(required=True)
    numbers = fields.List(fields.Nested(NumberView), required=True)
    clinics = fields.Nested(ClinicCounts, required=True)


class ReasonView(View):
    """Why a clinic stands where it stands."""

    reason = Text(required=True, most=40)
    count = Whole(required=True)
    weight = Whole(required=True)


class DayCounts(View):
    """What a clinic's day holds."""

    booked = Whole(required=True)
    confirmed = Whole(required=True)
    arrived = Whole(required=True)
    completed = Whole(required=True)
    missed = Whole(required=True)
    cancelled = Whole(required=True)
    booked_minutes = Whole(required=True)
    unsafe_depths = Whole(required=True)
    adverse_events = Whole(required=True)
    messages_sent = Whole(required=True)
    messages_failed = Whole(required=True)


class ClinicRowView(DayCounts):
    """A clinic today, by its own calendar.  `unknown` is never zero: its numbers mean nothing."""

    clinic_id = Id(required=True)
    name = Text(required=True, allow_none=True)
    time_zone = Text(required=True, most=64, allow_none=True)
    state = Choice(CLINIC_STATES, required=True)
    day = LocalDate(required=True, allow_none=True)
    score = Whole(required=True, metadata={"description": "Higher needs help sooner"})
    reasons = fields.List(fields.Nested(ReasonView), required=True)
    appointments = Whole(required=True, metadata={"description": "All that were not cancelled"})
    capacity_minutes = Whole(required=True, allow_none=True)
    utilisation_permille = Whole(required=True, allow_none=True)
    devices_total = Whole(required=True)
    devices_online = Whole(required=True)
    devices_unfit = Whole(required=True)
    alarms_open = Whole(required=True)
    unsafe_depths_open = Whole(required=True)
    adverse_events_open = Whole(required=True)
    last_heard_at = Moment(required=True, allow_none=True)
    as_of = Moment(required=True)


class ClinicDayView(DayCounts):
    """One past, present or coming day of a clinic."""

    day = LocalDate(required=True)
    alarms = Whole(required=True)
    devices_seen = Whole(required=True)


class ClinicDaysView(View):
    """Days of a clinic; one on which nothing was counted is missing."""

    clinic_id = Id(required=True)
    items = fields.List(fields.Nested(ClinicDayView), required=True)


class AlarmView(View):
    """An open alarm, as it goes over the live stream.  Depths in micrometres."""

    alarm_id = Id(required=True)
    clinic_id = Id(required=True)
    device_id = Id(required=True)
    session_id = Id(required=True, allow_none=True)
    kind = Text(required=True, most=60)
    severity = Choice(("hard", "soft"), required=True)
    zone = Whole(required=True, allow_none=True)
    value = Whole(required=True, allow_none=True, least=-40000)
    limit = Whole(required=True, allow_none=True, least=-40000, attribute="limit_value")
    raised_at = Moment(required=True)
    cleared_at = Moment(required=True, allow_none=True)
    device_name = Text(required=True, allow_none=True)
    late = Flag(required=True)
    acknowledged_at = Moment(required=True, allow_none=True)
    acknowledged_by = Id(required=True, allow_none=True)
    acknowledged_by_name = Text(required=True, allow_none=True)
    escalated_at = Moment(required=True, allow_none=True)
    stop_sent_at = Moment(required=True, allow_none=True)
    stop_confirmed_at = Moment(required=True, allow_none=True)


class SeenAppointmentView(View):
    """An appointment as the desk's live stream shows it: no client."""

    appointment_id = Id(required=True)
    clinic_id = Id(required=True)
    version = Whole(required=True)
    status = Text(required=True, most=20)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    practitioner_id = Id(required=True)
    room_id = Id(required=True)
    device_id = Id(required=True, allow_none=True)
