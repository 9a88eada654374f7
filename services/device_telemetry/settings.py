"""Settings of device telemetry."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from shared import settings


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the broker is managed, and how much ingest takes at once."""

    management_url: str  # http://user:password@host:15672
    prefetch: int  # messages of one queue of readings in memory at most
    batch_messages: int  # messages of readings a transaction at most
    flood_per_s: int  # batches a second that one device may send for ever

    @classmethod
    def from_env(cls) -> Self:
        """Read the environment.  Raises SettingMissing."""
        return cls(
            management_url=_management_url(),
            prefetch=settings.number("INGEST_PREFETCH", 5000),
            batch_messages=settings.number("INGEST_BATCH_MESSAGES", 1000),
            flood_per_s=settings.number("INGEST_FLOOD_PER_S", 50),
        )


def _management_url() -> str:
    """Return where the broker is managed; an error does not repeat it, for it has a password."""
    url = settings.secret("BROKER_MANAGEMENT_URL")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port
    except ValueError:  # its port is no number
        usable = None
    if not usable:
        raise settings.SettingMissing(
            "BROKER_MANAGEMENT_URL must be like http://user:password@host:15672."
        )
    return url
