"""Where a device's messages come from; the topic decides, because the broker checked it."""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Source:
    """The clinic and device that a topic names."""

    clinic_id: UUID
    device_id: UUID


@lru_cache(maxsize=4096)  # of one device every message says the same
def source(routing_key: str) -> Source | None:
    """Return whose topic `pens.{clinic}.{device}.{what}` is; None when it is not of that form."""
    parts = routing_key.split(".")
    if len(parts) != 4 or parts[0] != "pens":  # noqa: PLR2004 # pens, clinic, device, what
        return None
    try:
        return Source(UUID(parts[1]), UUID(parts[2]))
    except ValueError:
        return None


def routing_key(clinic_id: UUID, device_id: UUID, what: str) -> str:
    """Return a topic as the broker writes it."""
    return f"pens.{clinic_id}.{device_id}.{what}"
