"""Who changes something, when and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Change:
    """`by` None: the platform itself, or a client by a signed link."""

    by: UUID | None
    now: datetime
    reason: str | None = None

    @property
    def told(self) -> Mapping[str, Any]:
        """Return the change as histories and events tell it."""
        return {"changed_by": self.by, "changed_at": self.now, "reason": self.reason}
