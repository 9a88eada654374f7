"""Sending a message once more, because a person asks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.notification.domain import messages as rules
from services.notification.domain.messages import SEND, Kind
from services.notification.store import appointments, contacts, messages
from shared import ids
from shared.db import Transaction
from shared.errors import Conflict, NotFound


class MessageUnknown(NotFound):
    """There is no such message, or it is another clinic's."""

    type = "message-unknown"
    title = "This message does not exist"


class NotTrueAnyMore(Conflict):
    """What the message says is not so any more."""

    type = "message-outdated"
    title = "This message is not true any more"


class NoWayToClient(Conflict):
    """The client cannot be written to."""

    type = "no-channel"
    title = "There is no way to write to this client"


_WHY_NOT = {
    "contact_unknown": "We have not heard yet how this client is reached.",
    "client_erased": "This client's data was erased.",
    "client_inactive": "This client's record is closed.",
    "no_sms_gateway": "This client has no e-mail address, and no SMS gateway is connected.",
    "no_address": "This client has neither an e-mail address nor a telephone number.",
}


def resend(tx: Transaction, message_id: UUID, *, by: UUID, now: datetime) -> dict[str, Any]:
    """Send a message once more, with what is true now, and return the new one.

    Raises MessageUnknown, NotTrueAnyMore, NoWayToClient or AlreadyUnderWay.
    """
    first = messages.lock(tx, message_id)
    if first is None:
        raise MessageUnknown("There is no such message.")
    kind, appointment = Kind(first["kind"]), appointments.find(tx, first["appointment_id"])
    plan = rules.again(kind, appointment, now, first["useful_until"])
    truth = rules.still_true(plan, appointment)
    if truth is not SEND or now >= plan.useful_until:
        raise NotTrueAnyMore("The appointment has changed; there is nothing to say any more.")
    _require_way(tx, first["client_id"])
    new_id = ids.new()
    whose = {name: first[name] for name in ("clinic_id", "client_id", "appointment_id")}
    whose |= {"id": new_id, "now": now, "resend_of": message_id, "requested_by": by}
    messages.repeat(tx, plan, whose)
    return found(tx, new_id)


def found(tx: Transaction, message_id: UUID) -> dict[str, Any]:
    """Return a message.  Raises MessageUnknown."""
    row = messages.find(tx, message_id)
    if row is None:
        raise MessageUnknown("There is no such message.")
    return row


def _require_way(tx: Transaction, client_id: UUID) -> None:
    """Raise NoWayToClient unless the client, whatever their home clinic, has an address."""
    way = rules.reachable(contacts.contact_anywhere(tx, client_id))
    if way is not SEND:
        raise NoWayToClient(_WHY_NOT[way.reason or ""], reason=way.reason)
