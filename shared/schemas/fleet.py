"""What people do to devices: services, moves, firmware."""

from shared.schemas.base import Flag, Id, LocalDate, Moment, Request, Text, View


class NewService(Request):
    """A service that was done."""

    serviced_on = LocalDate(required=True)
    due_on = LocalDate(required=True, metadata={"description": "When the next service is due"})
    note = Text(load_default=None, allow_none=True, most=500)


class ServiceView(View):
    """One service of a device, and who noted it."""

    id = Id(required=True)
    serviced_on = LocalDate(required=True)
    due_on = LocalDate(required=True)
    note = Text(required=True, allow_none=True)
    noted_at = Moment(required=True)
    noted_by = Id(required=True)


class DeviceMove(Request):
    """Where a device is from now on."""

    clinic_id = Id(required=True)


class FirmwareView(View):
    """A version that a device has said it runs."""

    version = Text(required=True)
    first_seen_at = Moment(required=True)
    withdrawn = Flag(required=True)


class NewWithdrawal(Request):
    """A firmware version of a model that may not be used any more."""

    model = Text(required=True, most=60, metadata={"description": "A key of /v1/models"})
    version = Text(required=True, most=40, metadata={"description": "As the devices say it"})
    reason = Text(required=True, most=500)


class WithdrawalView(View):
    """Firmware that may not be used any more, and why."""

    id = Id(required=True)
    model = Text(required=True)
    version = Text(required=True)
    reason = Text(required=True)
    withdrawn_at = Moment(required=True)
    withdrawn_by = Id(required=True)
