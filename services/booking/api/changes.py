"""Who asks, at this moment: made at the edge and passed down."""

from services.booking.domain.changes import Change
from shared import clock
from shared.http import guard


def by_caller(reason: str | None = None) -> Change:
    """Return a change by whoever sent the request."""
    return Change(guard.actor().id, clock.now(), reason)
