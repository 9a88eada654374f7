"""Reading an event off the wire: CloudEvents 1.0, structured JSON."""

import json
import re
from collections.abc import Container, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from marshmallow import ValidationError

from shared import trace
from shared.amqp import wire
from shared.events.catalogue import EVENTS, Event

TOO_OLD = timedelta(days=30)  # less than the 35 days that the inbox remembers
_INT8 = 2**63 - 1
_SOURCE = re.compile(r"/[a-z][a-z-]{0,62}")


class Poison(Exception):
    """The message can never be applied.  The sentence names fields, never values."""


def read(body: bytes, known: Container[str], now: datetime) -> Event:
    """Return the event in `body`, its data read by its schema.

    `known` are the types that have a handler.  Raises Poison.
    """
    head = _json(body)
    event_type = head.get("type")
    if not isinstance(event_type, str) or event_type not in EVENTS or event_type not in known:
        raise Poison("Nobody here knows this event type or version.")
    try:
        event = _event(head, event_type)
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise Poison(f"The envelope is not a CloudEvent of ours: {_attribute(wrong)}.") from wrong
    if event.time < now - TOO_OLD:
        raise Poison(f"Older than {TOO_OLD.days} days: a repeat could not be recognised.")
    return event


def require_genuine(event: Event, routing_key: str) -> None:
    """Raise Poison unless the event is of the type and source under which the broker let it pass.

    A body may say anything; the routing key may not: the broker's topic permissions let a service
    publish under its own names only, and past the exchange the key is the name of a queue.
    """
    if event.type != routing_key or event.source != wire.source(routing_key):
        raise Poison("It came under another name than its own.")


def _json(body: bytes) -> dict[str, Any]:
    try:
        head = json.loads(body)
    except (ValueError, RecursionError) as wrong:
        raise Poison("The message is not JSON.") from wrong
    if not isinstance(head, dict) or head.get("specversion") != "1.0":
        raise Poison("The message is not a CloudEvent 1.0.")
    return head


def _event(head: Mapping[str, Any], event_type: str) -> Event:
    clinic = head.get("clinicid")
    return Event(
        id=UUID(head["id"]),
        type=event_type,
        source=_source(head["source"]),
        subject=UUID(head["subject"]),
        clinic_id=None if clinic is None else UUID(clinic),
        sequence=_sequence(head["sequence"]),
        time=_time(head["time"]),
        data=_data(event_type, head.get("data")),
        traceparent=trace.well_formed(head.get("traceparent")),
    )


def _source(value: str) -> str:
    if not _SOURCE.fullmatch(value):
        raise ValueError("source")
    return value


def _sequence(value: Any) -> int:
    number = int(value) if isinstance(value, str) else value
    if type(number) is not int or not 0 < number <= _INT8:
        raise ValueError("sequence")
    return number


def _time(value: str) -> datetime:
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("time")
    return time


def _data(event_type: str, data: Any) -> Mapping[str, Any]:
    try:
        loaded: Mapping[str, Any] = EVENTS[event_type].schema.load(data)
    except ValidationError as wrong:
        fields = ", ".join(sorted(map(str, wrong.messages_dict)))
        raise Poison(f"The data does not fit {event_type}: {fields}.") from wrong
    return loaded


def _attribute(wrong: Exception) -> str:
    return f"{wrong.args[0]} is missing" if isinstance(wrong, KeyError) else type(wrong).__name__
