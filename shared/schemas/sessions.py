"""Treatment sessions: plan, protocol and chart.  Depths in micrometres."""

from marshmallow import fields, validate

from shared.schemas.base import Choice, Flag, Id, LocalDate, Moment, Request, Text, View, Whole

MOST_UM = 3000
ZONES = 17
STOP_REASONS = (
    "client_distress",
    "bleeding",
    "blanching",
    "wheal",
    "depth_alarm",
    "device_fault",
    "anaesthetic_reaction",
    "other",
)


class NewCartridge(Request):
    """A needle cartridge, as scanned."""

    lot = Text(required=True, most=64)
    serial = Text(required=True, most=64)
    expires_on = LocalDate(required=True)


class PlannedZone(Request):
    """A zone to needle.  `reason`: asked for above the zone's usual depth."""

    zone = Whole(required=True, least=1, most=ZONES)
    depth_um = Whole(required=True, least=1, most=MOST_UM)
    passes = Whole(required=True, least=1, most=20)
    reason = Text(load_default=None, allow_none=True, most=500)


class NewSession(Request):
    """A treatment to start."""

    appointment_id = Id(required=True)
    practitioner_id = Id(required=True)
    device_id = Id(required=True)
    cartridge = fields.Nested(NewCartridge, required=True)
    plan = fields.List(
        fields.Nested(PlannedZone), required=True, validate=validate.Length(min=1, max=ZONES)
    )


class NewStep(Request):
    """A step of the protocol with its evidence: see GET /v1/protocol-steps."""

    step = Text(required=True, most=20)
    evidence = fields.Dict(
        keys=Text(most=60),
        values=fields.Raw(allow_none=True),
        required=True,
        validate=validate.Length(max=20),
    )


class Stop(Request):
    """Why a treatment is broken off."""

    reason = Choice(STOP_REASONS, required=True)
    note = Text(load_default=None, allow_none=True, most=2000)


class CartridgeView(View):
    """The needle cartridge of a session."""

    lot = fields.String(required=True)
    serial = fields.String(required=True)
    expires_on = LocalDate(required=True)


class LimitView(View):
    """What is planned in a zone, and where the alarm begins.  `warnings`: rules with a reason."""

    zone = Whole(required=True)
    depth_um = Whole(required=True)
    limit_um = Whole(required=True)
    passes = Whole(required=True)
    warnings = fields.List(fields.String(), required=True)
    reason = fields.String(required=True, allow_none=True)


class StepView(View):
    """A step that was recorded."""

    position = Whole(required=True)
    step = fields.String(required=True)
    zone = Whole(required=True, allow_none=True)
    evidence = fields.Dict(required=True)
    recorded_at = Moment(required=True)
    recorded_by = Id(required=True)


class DeliveredView(View):
    """What the device delivered in a zone."""

    zone = Whole(required=True)
    seconds = Whole(required=True)
    samples = Whole(required=True)
    depth_min_um = Whole(required=True)
    depth_median_um = Whole(required=True)
    depth_p95_um = Whole(required=True)
    depth_max_um = Whole(required=True)
    over_limit_permille = Whole(required=True)


class SessionView(View):
    """A treatment's chart."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    appointment_id = Id(required=True)
    client_id = Id(required=True)
    treatment_id = Id(required=True)
    practitioner_id = Id(required=True)
    device_id = Id(required=True)
    cartridge = fields.Nested(CartridgeView, required=True)
    state = Choice(("running", "completed", "stopped"), required=True)
    reason = fields.String(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    started_at = Moment(required=True)
    ended_at = Moment(required=True, allow_none=True)
    limits = fields.List(fields.Nested(LimitView), required=True)
    steps = fields.List(fields.Nested(StepView), required=True)
    missing_steps = fields.List(
        fields.String(), required=True, metadata={"description": "To be done before completion"}
    )
    barred_steps = fields.List(fields.String(), required=True)
    barred_products = fields.List(fields.String(), required=True)
    delivered = fields.List(fields.Nested(DeliveredView), required=True, allow_none=True)


class EvidenceView(View):
    """A fact of a step.  A `flag` must be true; `most` counts characters, or is the largest."""

    name = fields.String(required=True)
    kind = Choice(("flag", "text", "whole", "moment", "choice"), required=True)
    most = Whole(required=True)
    choices = fields.List(fields.String(), required=True)


class ProtocolStepView(View):
    """A step of the protocol.  `example` is evidence that is accepted."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    mandatory = Flag(required=True)
    automatic = Flag(required=True)  # recorded by the start of the session
    repeats = Flag(required=True)
    evidence = fields.List(fields.Nested(EvidenceView), required=True)
    example = fields.Dict(required=True)


class ProtocolView(View):
    """The protocol, in its order."""

    items = fields.List(fields.Nested(ProtocolStepView), required=True)


class ZoneView(View):
    """A zone with its caps; a hard cap of 0 is never needled."""

    zone = Whole(required=True)
    id = fields.String(required=True)
    name = fields.String(required=True)
    part = Choice(("face", "body", "either"), required=True)
    default_um = Whole(required=True)
    hard_um = Whole(required=True)


class ZonesView(View):
    """All zones."""

    items = fields.List(fields.Nested(ZoneView), required=True)


class ExposureView(View):
    """A session in which a lot was used: as `cartridge`, or in steps such as `PROC-08`."""

    session_id = Id(required=True)
    clinic_id = Id(required=True)
    client_id = Id(required=True)
    appointment_id = Id(required=True)
    device_id = Id(required=True)
    started_at = Moment(required=True)
    used_as = fields.List(fields.String(), required=True)
