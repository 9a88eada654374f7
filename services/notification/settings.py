"""What notification's dispatcher is told from outside."""

from dataclasses import dataclass
from typing import Self

from shared import settings


@dataclass(frozen=True, slots=True)
class Settings:
    """SMTP_URL is a secret (it holds a password), MAIL_FROM the sender of every mail."""

    smtp_url: str
    mail_from: str
    senders: int  # threads, each with one connection to the SMTP server

    @classmethod
    def from_env(cls) -> Self:
        """Read the environment.  Raises SettingMissing."""
        return cls(
            smtp_url=settings.secret("SMTP_URL"),
            mail_from=settings.text("MAIL_FROM"),
            senders=settings.number("MAIL_SENDERS", 4),
        )
