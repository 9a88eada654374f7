"""Messages to clients, as staff see them: what was due when, what became of it; never the text."""

from shared.schemas.base import Choice, Id, Moment, Text, View, Whole

KINDS = ("confirmation", "moved", "cancelled", "reminder_24h", "aftercare_day_1", "place_offered")
CHANNELS = ("email", "sms")
STATES = (
    "planned",
    "waiting",
    "no_channel",
    "sending",
    "sent",
    "unknown",
    "failed",
    "dropped",
    "cancelled",
)


class MessageView(View):
    """One message.  Times in UTC."""

    id = Id(required=True)
    clinic_id = Id(required=True)
    client_id = Id(required=True)
    appointment_id = Id(required=True)
    appointment_version = Whole(
        required=True,
        metadata={"description": "The version it tells of; 0 when it follows a session"},
    )
    kind = Choice(KINDS, required=True)
    channel = Choice(CHANNELS, required=True)
    state = Choice(
        STATES,
        required=True,
        metadata={
            "description": "`unknown`: handed over and the answer was lost, so it is not repeated "
            "by itself. `no_channel`: there is nothing to send it by; `reason` says why."
        },
    )
    reason = Text(required=True, most=60, allow_none=True)
    due_at = Moment(required=True)
    useful_until = Moment(required=True)
    attempts = Whole(required=True)
    handed_over_at = Moment(required=True, allow_none=True)
    sent_at = Moment(required=True, allow_none=True)
    template = Text(required=True, most=80, allow_none=True)
    issue = Whole(required=True, metadata={"description": "0, or how often a person repeated it"})
    resend_of = Id(required=True, allow_none=True)
    created_at = Moment(required=True)
