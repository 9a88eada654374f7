"""Writing an event onto the wire: CloudEvents 1.0, structured JSON.  Imports little."""

import json
from typing import NamedTuple

from shared.amqp.topology import wire_name

CONTENT_TYPE = "application/cloudevents+json"


class Announcement(NamedTuple):
    """A row of the outbox, all as text but its numbers.  `data` is JSON."""

    position: int
    id: str
    type: str
    subject: str
    clinic_id: str | None
    sequence: int
    time: str
    data: str
    traceparent: str | None


def source(event_type: str) -> str:
    """Return who announces events of a type: `/client-records`."""
    return "/" + wire_name(event_type.partition(".")[0])


def body(announced: Announcement) -> bytes:
    """Return the message: the envelope around the data as the outbox holds it."""
    head: dict[str, str | int] = {
        "specversion": "1.0",
        "id": announced.id,
        "source": source(announced.type),
        "type": announced.type,
        "subject": announced.subject,
        "time": announced.time,
        "datacontenttype": "application/json",
        "dataschema": f"urn:needlepoint:event:{announced.type}",
        "sequence": announced.sequence,
    }
    if announced.clinic_id:
        head["clinicid"] = announced.clinic_id
    if announced.traceparent:
        head["traceparent"] = announced.traceparent
    return f'{json.dumps(head)[:-1]}, "data": {announced.data}}}'.encode()
