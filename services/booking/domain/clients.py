"""What can be told from a client's id alone."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

FRESH = timedelta(seconds=10)
_VERSION = 7


def registered_just_now(client_id: UUID, now: datetime) -> bool:
    """Say whether the id was made in the last seconds: version 7 begins with its milliseconds."""
    if client_id.version != _VERSION:
        return False
    made = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=client_id.int >> 80)
    return abs(now - made) < FRESH
