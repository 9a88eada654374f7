"""What needs a person at headquarters."""

from marshmallow import fields

from shared.schemas.base import Choice, Id, Moment, Request, Text, View, Whole

ITEM_KINDS = (
    "unsafe_depth",
    "alarm",
    "adverse_event",
    "device_unfit",
    "credential",
    "messages_failed",
)


class AttentionView(View):
    """Something to look at.  `severity` 1 comes first."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    kind = Choice(ITEM_KINDS, required=True)
    subject = Id(
        required=True,
        metadata={"description": "The alarm, adverse event, device or practitioner it is about"},
    )
    severity = Whole(required=True, least=1, most=3)
    since = Moment(required=True)
    due_at = Moment(required=True, allow_none=True)
    facts = fields.Dict(keys=fields.String(), required=True)
    gone_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "When the cause ended; a hard alarm stays until acknowledged"},
    )
    acknowledged_at = Moment(required=True, allow_none=True)
    acknowledged_by = Id(required=True, allow_none=True)
    note = Text(required=True, most=500, allow_none=True)


class Acknowledgement(Request):
    """A person takes care of it."""

    note = Text(most=500, load_default=None, allow_none=True)
