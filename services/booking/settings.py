"""What booking is told from outside, beside what every service is."""

from dataclasses import dataclass
from typing import Self

from shared import settings


@dataclass(frozen=True, slots=True)
class Settings:
    """PAYMENTS_SECRET is shared with the payment provider; with none, no payment is believed."""

    payments_secret: str

    @classmethod
    def from_env(cls) -> Self:
        """Read the environment.  Raises SettingMissing."""
        return cls(payments_secret=settings.secret("PAYMENTS_SECRET"))
