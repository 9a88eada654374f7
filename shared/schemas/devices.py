"""Devices: registration, credentials, and what they say of themselves over MQTT."""

from marshmallow import fields, validate

from shared.schemas.base import (
    INT8,
    Choice,
    EventData,
    Flag,
    Id,
    LocalDate,
    Moment,
    Request,
    Text,
    View,
    Whole,
)

STATUSES = ("registered", "idle", "needling", "offline", "retired")
DEVICE_EVENTS = (
    "cartridge_inserted",
    "cartridge_removed",
    "needling_started",
    "needling_stopped",
    "depth_over_limit",
    "fault",
    "command_done",
)
MOST_UM = 3000
CREDENTIALS = ("secret", "certificate")


class NewDevice(Request):
    """A device to register.  Without a calibration it is kept, and unfit for use."""

    clinic_id = Id(required=True)
    name = Text(required=True, metadata={"description": "The label on the device: Pen 3"})
    model = Text(required=True, most=60, metadata={"description": "A key of /v1/models"})
    serial = Text(required=True, most=64)
    calibrated_on = LocalDate(load_default=None, allow_none=True)
    calibration_due_on = LocalDate(load_default=None, allow_none=True)
    tolerance_um = Whole(
        load_default=None,
        allow_none=True,
        most=1000,
        metadata={"description": "Measured at calibration; else the model's, if it has one"},
    )
    serviced_on = LocalDate(load_default=None, allow_none=True)
    service_due_on = LocalDate(load_default=None, allow_none=True)


class DeviceChange(Request):
    """A device's label."""

    name = Text(required=True, metadata={"description": "The label on the device: Pen 3"})


class NewCalibration(Request):
    """A calibration that was done."""

    calibrated_on = LocalDate(required=True)
    due_on = LocalDate(required=True)
    tolerance_um = Whole(load_default=None, allow_none=True, most=1000)


class DeviceView(View):
    """A device as the platform knows it.  Depths in micrometres."""

    id = Id(required=True)
    version = Whole(required=True, metadata={"description": "For If-Match: what people changed"})
    clinic_id = Id(required=True)
    clinic_name = Text(required=True)
    time_zone = Text(required=True)
    name = Text(required=True)
    model = Text(required=True)
    model_name = Text(required=True)
    serial = Text(required=True)
    status = Choice(STATUSES, required=True)
    fit = Flag(required=True)
    reasons = fields.List(Text(), required=True, metadata={"description": "Why it is not fit"})
    depth_min_um = Whole(required=True, allow_none=True)
    depth_max_um = Whole(required=True, allow_none=True)
    tolerance_um = Whole(required=True, allow_none=True)
    calibrated_on = LocalDate(required=True, allow_none=True)
    calibration_due_on = LocalDate(required=True, allow_none=True)
    said_calibrated_on = LocalDate(
        required=True, allow_none=True, metadata={"description": "By what the device says"}
    )
    calibration_disagrees = Flag(
        required=True, metadata={"description": "The device names another day than you noted"}
    )
    serviced_on = LocalDate(required=True, allow_none=True)
    service_due_on = LocalDate(required=True, allow_none=True)
    online = Flag(required=True)
    session_id = Id(
        required=True, allow_none=True, metadata={"description": "The treatment that runs with it"}
    )
    open_alarms = Whole(required=True)
    suspended_until = Moment(
        required=True, allow_none=True, metadata={"description": "It may not connect before"}
    )
    minutes_today = Whole(
        required=True, metadata={"description": "In which it needled, since the clinic's midnight"}
    )
    last_seen_at = Moment(required=True, allow_none=True)
    battery_permille = Whole(required=True, allow_none=True)
    firmware = Text(required=True, allow_none=True)
    gaps = Whole(required=True, metadata={"description": "Holes open in its streams"})
    set_aside = Whole(
        required=True,
        most=INT8,
        metadata={"description": "Messages that could not be used, at any clinic of the device's"},
    )
    registered_at = Moment(required=True)
    changed_at = Moment(required=True)


class CredentialView(View):
    """A device's way in.  A secret is shown this once."""

    id = Id(required=True)
    device_id = Id(required=True)
    kind = Choice(CREDENTIALS, required=True)
    username = Text(
        required=True,
        allow_none=True,
        metadata={"description": "Also the MQTT client id; null: send none with a certificate"},
    )
    secret = Text(required=True, allow_none=True)
    certificate_subject = Text(
        required=True,
        allow_none=True,
        metadata={"description": "The whole subject that the device's certificate must have"},
    )
    topic_prefix = Text(required=True)
    made_at = Moment(required=True)


class CredentialEntry(View):
    """One of a device's ways in, without what opens it."""

    id = Id(required=True)
    device_id = Id(required=True)
    kind = Choice(CREDENTIALS, required=True)
    certificate_subject = Text(required=True, allow_none=True)
    valid = Flag(required=True)
    made_at = Moment(required=True)
    valid_until = Moment(
        required=True, allow_none=True, metadata={"description": "null: until it is ended"}
    )


class NewCredential(Request):
    """How the device comes in, and how long its ways in of before still work."""

    kind = Choice(CREDENTIALS, load_default="secret")
    overlap_minutes = Whole(load_default=0, most=7 * 24 * 60)


class NewSuspension(Request):
    """For how long a device is kept off line."""

    minutes = Whole(required=True, least=1, most=7 * 24 * 60)


class ModelView(View):
    """What is known of a model.  Null: not found in a source.  A depth that is null blocks use."""

    key = Text(required=True)
    name = Text(required=True)
    depth_min_um = Whole(required=True, allow_none=True)
    depth_max_um = Whole(required=True, allow_none=True)
    tolerance_um = Whole(required=True, allow_none=True)
    needles = Whole(required=True, allow_none=True)
    speed_min_rpm = Whole(required=True, allow_none=True)
    speed_max_rpm = Whole(required=True, allow_none=True)
    source = Text(required=True)


class ModelsView(View):
    """Every model profile."""

    items = fields.List(fields.Nested(ModelView), required=True)


class GapView(View):
    """A hole in a device's stream: samples from_seq (included) to to_seq (not)."""

    boot_id = Whole(required=True)
    from_seq = Whole(required=True, most=INT8)
    to_seq = Whole(required=True, most=INT8)
    seen_at = Moment(required=True)
    accepted_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "When somebody said that these samples are lost"},
    )
    accepted_by = Id(required=True, allow_none=True)


class CartridgeView(View):
    """Where a cartridge was used, as far as the caller may see."""

    lot = Text(required=True)
    serial = Text(required=True)
    reused = Flag(required=True, metadata={"description": "In more than one session, anywhere"})
    uses = fields.List(fields.Nested("CartridgeUseView"), required=True)
    insertions = fields.List(
        fields.Nested("CartridgeInsertionView"),
        required=True,
        metadata={"description": "By devices, in the last 90 days, that no session announced"},
    )


class CartridgeUseView(View):
    """One session on a cartridge."""

    session_id = Id(required=True)
    clinic_id = Id(required=True)
    device_id = Id(required=True)
    used_at = Moment(required=True)


class CartridgeInsertionView(View):
    """A device said that the cartridge was inserted, and no session with it was announced."""

    device_id = Id(required=True)
    clinic_id = Id(required=True)
    inserted_at = Moment(required=True)


class CartridgeNamed(EventData):
    """The cartridge in a device."""

    lot = Text(required=True, most=64)
    serial = Text(required=True, most=64)


class DeviceEvent(EventData):
    """What a device says at once, never behind a backlog of readings."""

    v = Whole(required=True, validate=validate.Equal(1))
    boot_id = Whole(required=True, most=2**32 - 1)
    seq = Whole(required=True, most=INT8)
    at = Moment(required=True)
    event = Choice(DEVICE_EVENTS, required=True)
    session_id = Id(load_default=None, allow_none=True)
    cartridge = fields.Nested(CartridgeNamed, load_default=None, allow_none=True)
    zone = Whole(load_default=None, allow_none=True, most=17)
    depth_um = Whole(load_default=None, allow_none=True, least=-32768, most=32767)
    limit_um = Whole(load_default=None, allow_none=True, most=32767)
    code = Text(load_default=None, allow_none=True, most=60)
    command_id = Id(load_default=None, allow_none=True)


class DeviceStatus(EventData):
    """What a device says when it connects and every half minute; its last will says offline."""

    v = Whole(required=True, validate=validate.Equal(1))
    online = Flag(required=True)
    at = Moment(load_default=None, allow_none=True)
    uptime_ms = Whole(load_default=None, allow_none=True, most=INT8)
    battery_permille = Whole(load_default=None, allow_none=True, most=1000)
    firmware = Text(load_default=None, allow_none=True, most=40)
    calibrated_on = LocalDate(load_default=None, allow_none=True)
    cartridge = fields.Nested(CartridgeNamed, load_default=None, allow_none=True)
    connection = Whole(load_default=None, allow_none=True, most=INT8)
