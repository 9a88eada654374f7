"""What the web process is told by its environment."""

from dataclasses import dataclass
from typing import Self

from shared import settings

PRODUCTION_COOKIE = "__Host-sid"
LOOPBACK_COOKIE = "sid"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the services are, and how the session cookie is sent."""

    identity_url: str
    booking_url: str
    client_records_url: str
    headquarters_url: str
    headquarters_live_url: str
    device_telemetry_url: str
    device_telemetry_live_url: str
    plain_cookie: bool  # a cookie without Secure, for plain HTTP on loopback

    @property
    def cookie(self) -> str:
        """Return the session cookie's name; browsers hold __Host- names to Secure and Path=/."""
        return LOOPBACK_COOKIE if self.plain_cookie else PRODUCTION_COOKIE

    @classmethod
    def from_env(cls) -> Self:
        """Read the environment.  Raises SettingMissing."""
        plain = settings.flag("WEB_PLAIN_COOKIE")
        if plain and settings.environment() == "production":
            raise settings.SettingMissing(
                "WEB_PLAIN_COOKIE sends the session in the clear; production refuses it."
            )
        return cls(
            identity_url=settings.text("IDENTITY_URL").rstrip("/"),
            booking_url=settings.text("BOOKING_URL").rstrip("/"),
            client_records_url=settings.text("CLIENT_RECORDS_URL").rstrip("/"),
            headquarters_url=settings.text("HEADQUARTERS_URL").rstrip("/"),
            headquarters_live_url=settings.text("HEADQUARTERS_LIVE_URL").rstrip("/"),
            device_telemetry_url=settings.text("DEVICE_TELEMETRY_URL").rstrip("/"),
            device_telemetry_live_url=settings.text("DEVICE_TELEMETRY_LIVE_URL").rstrip("/"),
            plain_cookie=plain,
        )
