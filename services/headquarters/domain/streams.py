"""Which live streams there are, who opens them, and what belongs on each."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

HEADQUARTERS = "headquarters"
DESK = "desk"
STREAMS = {HEADQUARTERS: "overview:read", DESK: "appointments:read"}  # and what opens them


@dataclass(frozen=True, slots=True)
class View:
    """What a reader may see: everything, or one clinic's desk."""

    stream: str
    clinic_id: UUID | None

    @classmethod
    def desk(cls, clinic_id: UUID) -> Self:
        """Return the view of one clinic's desk."""
        return cls(DESK, clinic_id)

    @property
    def permission(self) -> str:
        """Return what one must hold to look on."""
        return STREAMS[self.stream]

    def shows(self, event: str, clinic_id: UUID | None) -> bool:
        """Say whether an event of a clinic belongs on this stream."""
        if self.stream == HEADQUARTERS:
            return event != "appointment"
        return clinic_id == self.clinic_id and event != "attention"
