"""What notification's dispatcher is told from outside."""

from dataclasses import dataclass
from typing import Self

from shared import links, settings


@dataclass(frozen=True, slots=True)
class Settings:
    """SMTP_URL is a secret (it holds a password), MAIL_FROM the sender of every mail.

    `public_url` is where clients reach the pages; without it mails carry no links.
    """

    smtp_url: str
    mail_from: str
    senders: int  # threads, each with one connection to the SMTP server
    public_url: str | None = None

    @classmethod
    def from_env(cls) -> Self:
        """Read the environment.  Raises SettingMissing."""
        public_url = settings.text("PUBLIC_URL", "").rstrip("/") or None
        if public_url is not None:
            links.check_keys()  # a missing key stops the start, not the first mail
        return cls(
            smtp_url=settings.secret("SMTP_URL"),
            mail_from=settings.text("MAIL_FROM"),
            senders=settings.number("MAIL_SENDERS", 4),
            public_url=public_url,
        )
