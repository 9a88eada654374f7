"""What notification announces: never the text, never the address."""

from shared.schemas.base import Choice, EventData, Id, Moment, Text
from shared.schemas.messages import CHANNELS, KINDS


class MessageChanged(EventData):
    """One message to one client."""

    message_id = Id(required=True)
    clinic_id = Id(required=True)
    client_id = Id(required=True)
    appointment_id = Id(required=True, allow_none=True)
    kind = Choice(KINDS, required=True)
    channel = Choice(CHANNELS, required=True)
    due_at = Moment(required=True)
    happened_at = Moment(required=True)
    reason = Text(required=True, most=60, allow_none=True)  # a code, when it failed


class ReplyReceived(EventData):
    """A client answered; what they meant, never what they wrote."""

    message_id = Id(required=True, allow_none=True)
    clinic_id = Id(required=True)
    client_id = Id(required=True)
    appointment_id = Id(required=True, allow_none=True)
    meaning = Choice(("confirm", "stop", "other"), required=True)
    received_at = Moment(required=True)


EVENTS: dict[str, tuple[type[EventData], str]] = {
    "notification.message_sent.v1": (MessageChanged, "Sent when a message was handed over."),
    "notification.message_delivered.v1": (MessageChanged, "Sent when a receipt says it arrived."),
    "notification.message_failed.v1": (
        MessageChanged,
        "Sent when a message will not arrive, or nobody can say whether it did.",
    ),
    "notification.reply_received.v1": (ReplyReceived, "Sent when a client answers a message."),
}
