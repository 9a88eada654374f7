"""What booking announces."""

from marshmallow import fields

from shared.schemas.appointments import STATUSES
from shared.schemas.base import (
    Choice,
    Email,
    EventData,
    Flag,
    Id,
    LocalDate,
    Moment,
    Phone,
    Text,
    Whole,
)

SCREENINGS = ("pending", "clear", "review", "defer", "refuse")


class ClinicChanged(EventData):
    """A clinic as it now is.  `jurisdiction` is an ISO 3166 code such as GB or US-CA."""

    clinic_id = Id(required=True)
    name = Text(required=True)
    time_zone = Text(required=True, most=64)
    jurisdiction = Text(required=True, most=10)
    phone = Phone(required=True, allow_none=True)  # the clinic's own, public
    email = Email(required=True, allow_none=True)
    daily_capacity_minutes = Whole(required=True)  # practitioner minutes of an ordinary open day
    active = Flag(required=True)


class PractitionerChanged(EventData):
    """A practitioner's credential.  A null depth or date means: nothing is allowed."""

    practitioner_id = Id(required=True)  # the staff member's id at identity
    clinic_id = Id(required=True)
    name = Text(required=True)
    credential = Text(required=True, most=60)
    max_depth_face_um = Whole(required=True, most=3000, allow_none=True)
    max_depth_body_um = Whole(required=True, most=3000, allow_none=True)
    valid_until = LocalDate(required=True, allow_none=True)
    active = Flag(required=True)


class AppointmentChanged(EventData):
    """The whole appointment as it now is, what changed, and who changed it."""

    appointment_id = Id(required=True)
    version = Whole(required=True, least=1)
    status = Choice(STATUSES, required=True)
    screening = Choice(SCREENINGS, required=True)
    clinic_id = Id(required=True)
    client_id = Id(required=True)
    treatment_id = Id(required=True)
    treatment_name = Text(required=True)
    zones = fields.List(Text(most=6), load_default=list)  # none: the treatment as a whole
    indication = Text(load_default=None, allow_none=True, most=10)  # IND-09 of the clinical rules
    practitioner_id = Id(required=True)
    practitioner_name = Text(required=True)
    room_id = Id(required=True)
    room_name = Text(required=True)
    device_id = Id(required=True, allow_none=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    time_zone = Text(required=True, most=64)
    course_id = Id(load_default=None, allow_none=True)  # null: a single visit
    course_number = Whole(load_default=None, allow_none=True, least=1, most=12)
    course_sessions = Whole(  # how many were booked together; told with their booking only
        load_default=None, allow_none=True, least=1, most=12
    )
    changed = fields.List(Text(most=40), required=True)  # names of fields
    changed_by = Id(required=True, allow_none=True)  # null: the platform itself
    changed_at = Moment(required=True)
    disrupted = fields.List(Text(most=40), load_default=list)  # why it cannot take place so
    link_issue = Whole(load_default=0)  # of the client's links; a higher one revokes the lower


class PlaceOffered(EventData):
    """A place on the waiting list was offered, for a while.

    `offer_id` is the hold's, and the appointment's that it becomes.
    """

    offer_id = Id(required=True)
    clinic_id = Id(required=True)
    client_id = Id(required=True)
    treatment_id = Id(required=True)
    starts_at = Moment(required=True)
    expires_at = Moment(required=True)
    ends_at = Moment(load_default=None, allow_none=True)
    time_zone = Text(load_default=None, allow_none=True, most=64)
    practitioner_id = Id(load_default=None, allow_none=True)
    practitioner_name = Text(load_default=None, allow_none=True)


def _appointment(happened: str) -> tuple[type[EventData], str]:
    return AppointmentChanged, f"Sent when an appointment {happened}."


EVENTS: dict[str, tuple[type[EventData], str]] = {
    "booking.clinic_changed.v1": (ClinicChanged, "Sent when a clinic opens or its facts change."),
    "booking.practitioner_changed.v1": (
        PractitionerChanged,
        "Sent when a practitioner joins a clinic, leaves, or the credential changes.",
    ),
    "booking.appointment_booked.v1": _appointment("is booked"),
    "booking.appointment_moved.v1": _appointment("moves to another time or practitioner"),
    "booking.appointment_confirmed.v1": _appointment("is confirmed by or for the client"),
    "booking.appointment_cancelled.v1": _appointment("is cancelled"),
    "booking.appointment_arrived.v1": _appointment("begins: the client is here"),
    "booking.appointment_missed.v1": _appointment("passes and the client did not come"),
    "booking.appointment_completed.v1": _appointment("is completed"),
    "booking.appointment_changed.v1": _appointment(
        "changes in another way: the treatment begins, a screening is decided, or a device, "
        "practitioner or room drops out"
    ),
    "booking.place_offered.v1": (
        PlaceOffered,
        "Sent when a place that became free is offered to the next on the waiting list.",
    ),
}
