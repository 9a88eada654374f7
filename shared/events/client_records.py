"""What client records announces.  Health data stays home: ids, outcomes and limits travel."""

from marshmallow import fields

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

OUTCOMES = ("clear", "review", "defer", "refuse")


class ClientChanged(EventData):
    """How a client may be reached; nothing about their health."""

    client_id = Id(required=True)
    clinic_id = Id(required=True)
    given_name = Text(required=True, allow_none=True)  # for the greeting of a message
    email = Email(required=True, allow_none=True)
    phone = Phone(required=True, allow_none=True)
    locale = Text(required=True, most=20)
    time_zone = Text(required=True, most=64, allow_none=True)  # null: the clinic's
    version = Whole(required=True, least=1)
    active = Flag(required=True)


class ClientErased(EventData):
    """A client's data was erased; forget the rest."""

    client_id = Id(required=True)
    clinic_id = Id(required=True)


class ScreeningDecided(EventData):
    """What the screening says of treating this client; the answers stay in the record."""

    screening_id = Id(required=True)
    client_id = Id(required=True)
    clinic_id = Id(required=True)
    appointment_id = Id(required=True, allow_none=True)
    treatment_id = Id(required=True)
    outcome = Choice(OUTCOMES, required=True)
    not_before = Moment(required=True, allow_none=True)
    rules = fields.List(Text(most=20), required=True)  # ids such as PREP-01
    decided_at = Moment(required=True)


class ConsentSigned(EventData):
    """A consent was signed."""

    consent_id = Id(required=True)
    client_id = Id(required=True)
    clinic_id = Id(required=True)
    appointment_id = Id(required=True)
    template_version = Text(required=True, most=40)
    document_sha256 = Text(required=True, most=64)
    signed_at = Moment(required=True)


class Cartridge(EventData):
    """The needle cartridge of a session."""

    lot = Text(required=True, most=64)
    serial = Text(required=True, most=64)
    expires_on = LocalDate(required=True)


class ZoneLimit(EventData):
    """How deep the device may go in a zone during this session, tolerance included."""

    zone = Whole(required=True, least=1, most=17)  # the number in the clinical rules
    depth_um = Whole(required=True, most=3000)  # what is planned
    limit_um = Whole(required=True, most=3000)  # where the alarm begins
    passes = Whole(required=True, least=1, most=20)


class SessionStarted(EventData):
    """A treatment begins: who, with what, and how deep it may go."""

    session_id = Id(required=True)
    clinic_id = Id(required=True)
    appointment_id = Id(required=True)
    client_id = Id(required=True)
    treatment_id = Id(required=True)
    practitioner_id = Id(required=True)
    device_id = Id(required=True)
    cartridge = fields.Nested(Cartridge, required=True)
    limits = fields.List(fields.Nested(ZoneLimit), required=True)
    started_at = Moment(required=True)


class SessionEnded(EventData):
    """A treatment ended, as planned or stopped."""

    session_id = Id(required=True)
    clinic_id = Id(required=True)
    appointment_id = Id(required=True)
    client_id = Id(required=True)
    treatment_id = Id(required=True)
    practitioner_id = Id(required=True)
    device_id = Id(required=True)
    zones = fields.List(Whole(least=1, most=17), required=True)
    started_at = Moment(required=True)
    ended_at = Moment(required=True)
    reason = Text(required=True, most=60, allow_none=True)  # a code, for stopped sessions


class AdverseEventReported(EventData):
    """Something went wrong after a treatment; the clock runs.  No description travels."""

    adverse_event_id = Id(required=True)
    clinic_id = Id(required=True)
    client_id = Id(required=True)
    session_id = Id(required=True, allow_none=True)
    severity = Choice(("expected", "watch", "urgent", "emergency"), required=True)
    reply_due_at = Moment(required=True)
    seen_due_at = Moment(required=True)
    cartridge_lot = Text(required=True, most=64, allow_none=True)
    device_id = Id(required=True, allow_none=True)


EVENTS: dict[str, tuple[type[EventData], str]] = {
    "client_records.client_changed.v1": (
        ClientChanged,
        "Sent when a client is registered or can be reached differently.",
    ),
    "client_records.client_erased.v1": (ClientErased, "Sent when a client's data is erased."),
    "client_records.screening_decided.v1": (
        ScreeningDecided,
        "Sent when a screening is answered or a finding is overridden.",
    ),
    "client_records.consent_signed.v1": (ConsentSigned, "Sent when a client signs a consent."),
    "client_records.session_started.v1": (SessionStarted, "Sent when a treatment begins."),
    "client_records.session_completed.v1": (SessionEnded, "Sent when a treatment is completed."),
    "client_records.session_stopped.v1": (SessionEnded, "Sent when a treatment is broken off."),
    "client_records.adverse_event_reported.v1": (
        AdverseEventReported,
        "Sent when a client or a practitioner reports an effect that needs attention.",
    ),
}
