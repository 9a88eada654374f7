"""The waiting list and its offers, as they cross the wire."""

from typing import Any

from marshmallow import fields, validate

from shared.schemas.appointments import zones
from shared.schemas.base import Id, LocalDate, Moment, PlannedDate, Request, Text, View, Whole
from shared.schemas.clinics import CLOCK

ENTRY_STATUSES = ("waiting", "offered", "booked", "withdrawn", "expired")


def _weekdays(**options: Any) -> fields.List[int]:
    about = {"description": "1 is Monday", "example": [1, 3]}
    return fields.List(
        Whole(least=1, most=7), validate=validate.Length(min=1, max=7), metadata=about, **options
    )


def _time(example: str, **options: Any) -> Text:
    return Text(most=5, validate=CLOCK, metadata={"example": example}, **options)


def _day(about: str, **options: Any) -> PlannedDate:
    return PlannedDate(allow_none=True, metadata={"description": about}, **options)


def _reason(**options: Any) -> Text:
    about = {"description": "Why this client comes first; no health data", "example": "Travels far"}
    return Text(allow_none=True, metadata=about, **options)


class NewWaitingEntry(Request):
    """A client who waits for a place.  Times of the day and days are the clinic's, both included.

    `earliest_time` and `latest_time` say when the treatment may begin.  With `appointment_id` the
    client has a place already, and moves with its zones to one that is over before it begins.
    """

    client_id = Id(required=True)
    treatment_id = Id(required=True)
    zones = zones()
    practitioner_id = Id(load_default=None, allow_none=True)
    weekdays = _weekdays(load_default=lambda: [1, 2, 3, 4, 5, 6, 7])
    earliest_time = _time("09:00", load_default="00:00")
    latest_time = _time("17:30", load_default="24:00")
    from_day = _day("Today, when left out", load_default=None)
    until_day = _day("As far ahead as the clinic plans, when left out", load_default=None)
    notice_minutes = Whole(
        most=43_200,
        load_default=0,
        metadata={"description": "So long before the start the client must know", "example": 120},
    )
    priority = Whole(
        most=2, load_default=0, metadata={"description": "2 comes before 1, 1 before 0"}
    )
    priority_reason = _reason(load_default=None)
    appointment_id = Id(load_default=None, allow_none=True)


class WaitingEntryChange(Request):
    """What of the wishes shall be different; what is left out stays."""

    practitioner_id = Id(allow_none=True)
    weekdays = _weekdays()
    earliest_time = _time("09:00")
    latest_time = _time("17:30")
    from_day = PlannedDate()
    until_day = PlannedDate()
    notice_minutes = Whole(most=43_200)
    priority = Whole(most=2)
    priority_reason = _reason()
    appointment_id = Id(allow_none=True)


class WaitingEntryView(View):
    """An entry of the waiting list.  `offer_id` is the offer that is open now."""

    id = Id(required=True)
    version = fields.Integer(required=True)
    status = fields.String(required=True)
    clinic_id = Id(required=True)
    client_id = Id(required=True)
    treatment_id = Id(required=True)
    zones = fields.List(fields.String(), required=True, allow_none=True)
    practitioner_id = Id(required=True, allow_none=True)
    weekdays = fields.List(fields.Integer(), required=True)
    earliest_time = fields.String(required=True)
    latest_time = fields.String(required=True)
    from_day = LocalDate(required=True)
    until_day = LocalDate(required=True)
    notice_minutes = fields.Integer(required=True)
    priority = fields.Integer(required=True)
    priority_reason = fields.String(required=True, allow_none=True)
    appointment_id = Id(required=True, allow_none=True)
    offer_id = Id(required=True, allow_none=True)
    created_at = Moment(required=True)
    time_zone = fields.String(required=True)


class OfferView(View):
    """A place that is kept for somebody who waits, until `expires_at`.

    `appointment_id` is what came of it; the offer's own id, or the appointment that moved.
    """

    id = Id(required=True)
    status = fields.String(
        required=True,
        metadata={"enum": ["open", "accepted", "declined", "lapsed", "withdrawn"]},
    )
    entry_id = Id(required=True)
    clinic_id = Id(required=True)
    client_id = Id(required=True)
    treatment_id = Id(required=True)
    treatment_name = fields.String(required=True)
    practitioner_id = Id(required=True)
    practitioner_name = fields.String(required=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    expires_at = Moment(required=True)
    offered_at = Moment(required=True)
    settled_at = Moment(required=True, allow_none=True)
    appointment_id = Id(required=True, allow_none=True)
    time_zone = fields.String(required=True)
