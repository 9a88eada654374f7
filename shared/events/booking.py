"""What booking announces."""

from shared.schemas.base import EventData

EVENTS: dict[str, tuple[type[EventData], str]] = {}
