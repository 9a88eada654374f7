"""What identity announces."""

from marshmallow import fields

from shared.permissions import ROLES
from shared.schemas.base import Choice, EventData, Flag, Id, Text, Whole


class StaffChanged(EventData):
    """A staff member as they now are.  `clinic_ids` null: every clinic of the franchise."""

    staff_id = Id(required=True)
    name = Text(required=True)
    roles = fields.List(Choice(ROLES), required=True)
    clinic_ids = fields.List(Id(), required=True, allow_none=True)
    active = Flag(required=True)
    epoch = Whole(required=True)  # tokens of an older epoch are refused


EVENTS: dict[str, tuple[type[EventData], str]] = {
    "identity.staff_changed.v1": (
        StaffChanged,
        "Sent when a staff member is added, changes roles or clinics, or leaves.",
    ),
}
