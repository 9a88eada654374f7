"""Every event of the platform, by name and version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.events import booking, client_records, device_telemetry, identity, notification
from shared.schemas.base import EventData


@dataclass(frozen=True, slots=True)
class EventType:
    """One version of one event."""

    name: str
    schema: EventData
    sent_when: str

    @property
    def owner(self) -> str:
        """Return the service that announces it."""
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, as a handler receives it; its schema has read `data`."""

    id: UUID
    type: str
    source: str
    subject: UUID
    clinic_id: UUID | None
    sequence: int
    time: datetime
    data: Mapping[str, Any]
    traceparent: str | None = None


EVENTS: dict[str, EventType] = {
    name: EventType(name, schema(), sent_when)
    for service in (booking, client_records, device_telemetry, identity, notification)
    for name, (schema, sent_when) in service.EVENTS.items()
}
