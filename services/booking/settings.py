"""What booking is told from outside, beside what every service is."""

from dataclasses import dataclass
from typing import Self

from shared import settings
from shared.settings import SettingMissing

_LEAST_SECRET = 32  # characters


@dataclass(frozen=True, slots=True)
class Settings:
    """PAYMENTS_SECRET is shared with the payment provider; with none, no payment is believed."""

    payments_secret: str

    @classmethod
    def from_env(cls) -> Self:
        """Read the environment.  Raises SettingMissing, for a short secret too."""
        found = settings.secret("PAYMENTS_SECRET")
        if len(found) < _LEAST_SECRET:  # whoever knows the key enters payments: none is no key
            raise SettingMissing(f"PAYMENTS_SECRET needs at least {_LEAST_SECRET} characters.")
        return cls(payments_secret=found)
